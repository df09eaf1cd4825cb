import { type EvHttpRequest, EvKeyvalq, OwnedEvKeyvalq, obtainEvKeyvalq } from 'bitcoin-support'
import { string } from '../arguments.js'
import { Loopback } from '../loopback.js'
import { a, is, nothing } from '../outcomes.js'
import { handleMethods, type Method, type Stage, type Subject } from '../subject.js'

type HeadersStage = Stage<EvKeyvalq, undefined>

const HEADERS = { input: 'getInputHeaders', output: 'getOutputHeaders' } as const

const methods: Readonly<Record<string, Method<undefined>>> = {
  findHeader: { args: () => [string('name', 'host', 'a\0', '\u0100')], live: a('string') },
  addHeader: {
    args: () => [
      string('name', 'Name', '', 'a b', 'a:', 'ä', 'a\r'),
      string('value', 'value', 'a\rb', 'a\nb', 'a\0b', '\u0100'),
    ],
    live: nothing,
  },
  removeHeader: { args: () => [string('name', 'HOST', 'a\0', '\u0100')], live: is(true) },
  clearHeaders: { live: nothing },
  '[Symbol.iterator]': { use: (steps) => [...(steps as Iterable<unknown>)], live: a('array') },
}

function ended(which: keyof typeof HEADERS, end: (request: EvHttpRequest, loopback: Loopback) => void): HeadersStage {
  return {
    run(act) {
      using loopback = new Loopback()
      const request = loopback.askAndHold()
      const headers = request[HEADERS[which]]()
      end(request, loopback)
      act(headers, undefined)
    },
    dead: true,
  }
}

function subject(which: keyof typeof HEADERS): Subject<EvKeyvalq, undefined> {
  return {
    name: `EvKeyvalq of what is ${which === 'input' ? 'received' : 'sent'}`,
    type: EvKeyvalq,
    stages: {
      open: {
        run(act) {
          using loopback = new Loopback()
          const request = loopback.askAndHold()
          request.getOutputHeaders().addHeader('Host', 'value')
          act(request[HEADERS[which]](), undefined)
        },
      },
      "in its request's callback": {
        run(act) {
          using loopback = new Loopback()
          let replied = false
          loopback.http.setGencb((request) => {
            request.getOutputHeaders().addHeader('Host', 'value')
            act(request[HEADERS[which]](), undefined)
            request.reply()
          })
          loopback.ask(() => {
            replied = true
          })
          loopback.runUntil(() => replied)
        },
      },
      "of a client's request": {
        run(act) {
          using loopback = new Loopback()
          let replied = false
          loopback.http.setGencb((request) => request.reply({ headers: { Host: 'value' } }))
          loopback.ask((reply) => {
            replied = true
            if (reply !== null) act(reply[HEADERS[which]](), undefined)
          })
          loopback.runUntil(() => replied)
        },
      },
      'its request answered': ended(which, (request) => request.reply()),
      'its request disposed': ended(which, (request) => request.dispose()),
      'its server disposed': ended(which, (_, { http }) => http.dispose()),
      'its base disposed': ended(which, (_, { base }) => base.dispose()),
    },
    methods,
  }
}

export const receivedHeaders = subject('input')
export const sentHeaders = subject('output')

export const ownedList: Subject<OwnedEvKeyvalq, undefined> = {
  name: 'OwnedEvKeyvalq',
  type: OwnedEvKeyvalq,
  stages: {
    open: {
      run(act) {
        using list = obtainEvKeyvalq()
        list.addHeader('Host', 'value')
        act(list, undefined)
      },
    },
    disposed: {
      run(act) {
        const list = obtainEvKeyvalq()
        list.dispose()
        act(list, undefined)
      },
      dead: true,
    },
  },
  methods: {
    ...handleMethods,
    ...methods,
    id: { live: a('number'), dead: a('number') },
  },
}
