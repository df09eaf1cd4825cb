import { EVHTTP_REQ_POST, EvBuffer, EvHttpConnection, EvHttpRequest, EvKeyvalq, SecureBuffer } from 'bitcoin-support'
import { anything, bytes, callback, integer, ms, optional, options, string } from '../arguments.js'
import { Loopback, REQUEST_BODY, REQUEST_URI } from '../loopback.js'
import { a, is, nothing } from '../outcomes.js'
import { type Act, handleMethods, type Subject } from '../subject.js'

type Run = Act<EvHttpRequest, undefined>

/** More than the sockets of both sides take. */
const TOO_MUCH = 16 * 1024 * 1024

let buffer: SecureBuffer | undefined

/**
 * @returns one that takes what is read into it; whatever is none has another error than an argument of the wrong type. It is
 *   made when it is asked for: what other tests purge takes every buffer along.
 */
export function secureBuffer(): SecureBuffer {
  if (!buffer?.isValid()) buffer = new SecureBuffer(64)
  return buffer
}

// Asks, acts on the request that waits for its answer, and lets the answer arrive.
function waiting(prepare: (request: EvHttpRequest, loopback: Loopback) => void, act: Run): void {
  using loopback = new Loopback()
  const request = loopback.askAndHold()
  prepare(request, loopback)
  act(request, undefined)
}

export const incomingRequest: Subject<EvHttpRequest, undefined> = {
  name: "EvHttpRequest, a server's",
  type: EvHttpRequest,
  stages: {
    open: { run: (act) => waiting(() => {}, act) },
    'in its callback': {
      run(act) {
        using loopback = new Loopback()
        let ended = false
        loopback.http.setGencb((request) => {
          act(request, undefined)
          request.dispose()
        })
        loopback.ask(() => {
          ended = true
        })
        loopback.runUntil(() => ended)
      },
    },
    started: { run: (act) => waiting((request) => request.sendReplyStart(200), act) },
    'its peer gone': {
      run(act) {
        using loopback = new Loopback()
        const request = loopback.askAndHold()
        let gone = false
        request.setDisconnectCb(() => {
          gone = true
          act(request, undefined)
        })
        loopback.connection.dispose()
        loopback.runUntil(() => gone)
      },
    },
    'its connection lost': {
      run(act) {
        using loopback = new Loopback()
        const request = loopback.askAndHold()
        let lost = false
        request.sendReplyStart(200)
        request.setDisconnectCb(() => {
          lost = true
          act(request, undefined)
        })
        loopback.connection.dispose()
        request.sendReplyChunk(Buffer.alloc(TOO_MUCH))
        loopback.runUntil(() => lost)
      },
    },
    answered: { run: (act) => waiting((request) => request.reply(), act), dead: true },
    'in its on-complete callback': {
      run(act) {
        using loopback = new Loopback()
        const request = loopback.askAndHold()
        let complete = false
        request.setOnCompleteCb(() => {
          complete = true
          act(request, undefined)
        })
        request.reply()
        loopback.runUntil(() => complete)
      },
      dead: true,
    },
    disposed: { run: (act) => waiting((request) => request.dispose(), act), dead: true },
    'disposed in its callback': {
      run(act) {
        using loopback = new Loopback()
        let ended = false
        loopback.http.setGencb((request) => {
          request.dispose()
          act(request, undefined)
        })
        loopback.ask(() => {
          ended = true
        })
        loopback.runUntil(() => ended)
      },
      dead: true,
    },
    'its server disposed': { run: (act) => waiting((_, { http }) => http.dispose(), act), dead: true },
    'its base disposed': { run: (act) => waiting((_, { base }) => base.dispose(), act), dead: true },
    'its base disposed in its callback': {
      run(act) {
        using loopback = new Loopback()
        loopback.http.setGencb((request) => {
          loopback.base.dispose()
          act(request, undefined)
        })
        loopback.ask()
        loopback.runUntil(() => loopback.base.disposed)
      },
      dead: true,
    },
  },
  methods: {
    ...handleMethods,
    getCommand: { live: is(EVHTTP_REQ_POST) },
    getMethod: { live: is('POST') },
    bodyStream: { live: a('object') },
    getUri: { live: is(REQUEST_URI) },
    getHost: { live: is('127.0.0.1') },
    address: { live: a('bigint') },
    getHttpVersion: { live: is('1.1') },
    getInputHeaders: { live: a(EvKeyvalq) },
    getOutputHeaders: { live: a(EvKeyvalq) },
    getInputBuffer: { live: a(EvBuffer) },
    getOutputBuffer: { live: a(EvBuffer), in: { started: 'ERR_EV_STATE', 'its connection lost': 'ERR_EV_STATE' } },
    body: { live: is(Buffer.from(REQUEST_BODY)) },
    bodyText: { live: is(REQUEST_BODY) },
    headerInto: {
      args: () => [string('name', 'host', 'a\rb', 'a\nb', 'a\0b', '\u0100'), anything('buffer', secureBuffer())],
      live: is(true),
    },
    bodyInto: { args: () => [anything('buffer', secureBuffer())], live: is(REQUEST_BODY.length) },
    getResponseCode: { live: is(0), in: { started: is(200), 'its connection lost': a('number') } },
    getResponseCodeLine: { live: is(undefined), in: { started: is('OK'), 'its connection lost': is('OK') } },
    getConnection: { live: a(EvHttpConnection) },
    reply: {
      args: () => [
        options(
          'reply',
          integer('status', 200, 200, 999),
          string('reason', 'Fine', 'a\rb', 'a\nb', 'a\0b', '\u0100'),
          headersArgument(),
          bodyArgument(),
        ),
      ],
      live: nothing,
      in: { started: 'ERR_EV_STATE', 'its connection lost': 'ERR_EV_STATE' },
    },
    sendReply: {
      args: () => [
        integer('status', 200, 200, 999),
        optional(string('reason', 'Fine', 'a\rb', 'a\nb', 'a\0b', '\u0100')),
        optional(bytes('body', 'body')),
      ],
      live: nothing,
      in: { started: 'ERR_EV_STATE', 'its connection lost': 'ERR_EV_STATE' },
    },
    sendError: {
      args: () => [integer('status', 500, 200, 999), optional(string('reason', 'Fine', 'a\rb', 'a\nb', 'a\0b'))],
      live: nothing,
      in: { started: 'ERR_EV_STATE', 'its connection lost': 'ERR_EV_STATE' },
    },
    sendReplyStart: {
      args: () => [integer('status', 200, 200, 999), optional(string('reason', 'Fine', 'a\rb', 'a\nb', 'a\0b'))],
      live: nothing,
      in: { started: 'ERR_EV_STATE', 'its connection lost': 'ERR_EV_STATE' },
    },
    sendReplyChunk: {
      args: () => [bytes('data', 'data'), optional(callback('written'))],
      live: 'ERR_EV_STATE',
      in: { started: nothing },
    },
    write: { args: () => [bytes('data', 'data')], live: 'ERR_EV_STATE', in: { started: is(true) } },
    sendReplyEnd: { live: 'ERR_EV_STATE', in: { started: nothing } },
    setOnCompleteCb: {
      args: () => [callback('callback'), anything('arg')],
      live: nothing,
      in: { 'its connection lost': 'ERR_EV_STATE' },
    },
    setDisconnectCb: { args: () => [callback('callback'), anything('arg')], live: nothing },
    setErrorCb: { args: () => [callback('callback'), anything('arg')], live: 'ERR_EV_STATE' },
    setHeaderCb: { args: () => [callback('callback'), anything('arg')], live: 'ERR_EV_STATE' },
    setChunkedCb: { args: () => [callback('callback'), anything('arg')], live: 'ERR_EV_STATE' },
    setDeadline: { args: () => [ms('ms', 60_000)], live: 'ERR_EV_STATE' },
    pause: { live: 'ERR_EV_STATE' },
    resume: { live: 'ERR_EV_STATE' },
    beginChunks: { live: 'ERR_EV_STATE' },
    sendChunk: { args: () => [bytes('data', 'x'), optional(callback('written'))], live: 'ERR_EV_STATE' },
    end: { live: 'ERR_EV_STATE' },
    cancel: { live: 'ERR_EV_STATE' },
  },
}

// A list is a body in pieces, if it has any.
function bodyArgument() {
  const body = bytes('body', 'body')
  return { ...body, wrong: body.wrong.filter(({ value }) => !Array.isArray(value)) }
}

// Their names and values are checked one by one.
function headersArgument() {
  const { wrong } = options('headers', string('header value', 'b', 'a\rb', 'a\nb', 'a\0b', '\u0100'))
  const values = wrong.map((one) =>
    typeof one.value === 'object' && one.value !== null && 'header value' in one.value
      ? { ...one, value: [['Name', one.value['header value']]] }
      : one,
  )
  const names = ['', 'a b', 'a:', 'ä', 'a\r'].map((name) => ({
    name: 'header name',
    value: [[name, 'value']],
    error: 'ERR_OUT_OF_RANGE' as const,
  }))
  return { name: 'headers', value: { A: 'b', C: 1, D: ['e', 'f'] }, wrong: [...values, ...names] }
}
