import {
  EVHTTP_REQ_POST,
  EvBuffer,
  EvHttpConnection,
  EvHttpRequest,
  EvKeyvalq,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { anything, bytes, callback, ms, optional, string } from '../arguments.js'
import { Loopback, REPLY_BODY, REQUEST_URI } from '../loopback.js'
import { a, is, nothing } from '../outcomes.js'
import { handleMethods, type Method, type Subject } from '../subject.js'
import { incomingRequest, secureBuffer } from './incoming-request.js'

const OPEN = 'open'
const BEGUN = 'under way, its reply begun'
const REPLIED = 'in its callback'
const REFUSED = 'in its callback, not connected'
const FAILED = 'in its error callback'

// What only a server's request can do.
function refused(name: string): Method<undefined> {
  const { args } = incomingRequest.methods[name] ?? {}
  const right = args?.(undefined).map((argument) => ({ ...argument, wrong: [] })) ?? []
  return { args: () => right, live: 'ERR_EV_STATE' }
}

export const outgoingRequest: Subject<EvHttpRequest, undefined> = {
  name: "EvHttpRequest, a client's",
  type: EvHttpRequest,
  stages: {
    [OPEN]: {
      run(act) {
        using request = obtainEvHttpRequest(() => {})
        act(request, undefined)
      },
    },
    'under way': {
      run(act) {
        using loopback = new Loopback()
        loopback.answerAll()
        act(loopback.ask(), undefined)
      },
    },
    [BEGUN]: {
      run(act) {
        using loopback = new Loopback()
        let held: EvHttpRequest | undefined
        loopback.http.setGencb((request) => {
          held = request
          request.sendReplyStart(200)
          request.sendReplyChunk('begun')
        })
        const request = loopback.ask()
        loopback.runUntil(() => request.getResponseCode() === 200)
        act(request, undefined)
        held?.dispose()
      },
    },
    [REPLIED]: {
      run(act) {
        using loopback = new Loopback()
        loopback.answerAll()
        let ended = false
        const request = loopback.ask(() => {
          ended = true
          act(request, undefined)
        })
        loopback.runUntil(() => ended)
      },
    },
    [REFUSED]: {
      run(act) {
        using loopback = new Loopback()
        loopback.http.delAcceptSocket(loopback.socket)
        let ended = false
        const request = loopback.ask(() => {
          ended = true
          act(request, undefined)
        })
        loopback.runUntil(() => ended)
      },
    },
    ended: {
      run(act) {
        using loopback = new Loopback()
        loopback.answerAll()
        let ended = false
        const request = loopback.ask(() => {
          ended = true
        })
        loopback.runUntil(() => ended)
        act(request, undefined)
      },
      dead: true,
    },
    [FAILED]: {
      run(act) {
        using loopback = new Loopback()
        const request = loopback.ask()
        request.setErrorCb(() => act(request, undefined))
        loopback.connection.dispose()
      },
      // Its native object has gone; the handle itself goes when the callback returns.
      dead: true,
    },
    disposed: {
      run(act) {
        const request = obtainEvHttpRequest(() => {})
        request.dispose()
        act(request, undefined)
      },
      dead: true,
    },
    'disposed under way': {
      run(act) {
        using loopback = new Loopback()
        const request = loopback.ask()
        request.dispose()
        act(request, undefined)
      },
      dead: true,
    },
    cancelled: {
      run(act) {
        using loopback = new Loopback()
        const request = loopback.ask()
        request.cancel()
        act(request, undefined)
      },
      dead: true,
    },
    'its connection disposed': {
      run(act) {
        using loopback = new Loopback()
        const request = loopback.ask()
        loopback.connection.dispose()
        act(request, undefined)
      },
      dead: true,
    },
    'its base disposed': {
      run(act) {
        using loopback = new Loopback()
        const request = loopback.ask()
        loopback.base.dispose()
        act(request, undefined)
      },
      dead: true,
    },
    'its base disposed in its callback': {
      run(act) {
        using loopback = new Loopback()
        loopback.answerAll()
        const request = loopback.ask(() => {
          loopback.base.dispose()
          act(request, undefined)
        })
        loopback.runUntil(() => loopback.base.disposed)
      },
      dead: true,
    },
  },
  methods: {
    ...handleMethods,
    disposed: { live: is(false), dead: is(true), in: { [FAILED]: is(false) } },
    getCommand: { live: is(EVHTTP_REQ_POST), in: { [OPEN]: is(0) } },
    getMethod: { live: is('POST'), in: { [OPEN]: is('') } },
    bodyStream: { live: 'ERR_EV_STATE' },
    getUri: { live: is(REQUEST_URI), in: { [OPEN]: is('') } },
    getHost: { live: is(undefined) },
    address: { live: a('bigint') },
    getHttpVersion: { live: is('1.1'), in: { [OPEN]: is('0.0') } },
    getInputHeaders: { live: a(EvKeyvalq) },
    getOutputHeaders: { live: a(EvKeyvalq) },
    getInputBuffer: { live: a(EvBuffer) },
    getOutputBuffer: { live: 'ERR_EV_STATE', in: { [OPEN]: a(EvBuffer) } },
    body: {
      live: is(Buffer.alloc(0)),
      in: { [BEGUN]: is(Buffer.from('begun')), [REPLIED]: is(Buffer.from(REPLY_BODY)) },
    },
    bodyText: { live: is(''), in: { [BEGUN]: is('begun'), [REPLIED]: is(REPLY_BODY) } },
    headerInto: {
      args: () => [string('name', 'host', 'a\rb', 'a\nb', 'a\0b', '\u0100'), anything('buffer', secureBuffer())],
      live: is(false),
    },
    bodyInto: {
      args: () => [anything('buffer', secureBuffer())],
      live: is(0),
      in: { [BEGUN]: is('begun'.length), [REPLIED]: is(REPLY_BODY.length) },
    },
    getResponseCode: { live: is(0), in: { [BEGUN]: is(200), [REPLIED]: is(200) } },
    getResponseCodeLine: { live: is(undefined), in: { [BEGUN]: is('OK'), [REPLIED]: is('OK') } },
    getConnection: { live: a(EvHttpConnection), in: { [OPEN]: is(null), [REPLIED]: is(null), [REFUSED]: is(null) } },
    reply: refused('reply'),
    sendReply: refused('sendReply'),
    sendError: refused('sendError'),
    sendReplyStart: refused('sendReplyStart'),
    sendReplyChunk: refused('sendReplyChunk'),
    write: refused('write'),
    sendReplyEnd: refused('sendReplyEnd'),
    setOnCompleteCb: refused('setOnCompleteCb'),
    setDisconnectCb: refused('setDisconnectCb'),
    setErrorCb: { args: () => [callback('callback'), anything('arg')], live: nothing },
    setHeaderCb: { args: () => [callback('callback'), anything('arg')], live: nothing },
    setChunkedCb: { args: () => [callback('callback'), anything('arg')], live: nothing },
    setDeadline: { args: () => [ms('ms', 60_000)], live: nothing },
    pause: { live: 'ERR_EV_STATE', in: { [BEGUN]: nothing } },
    resume: { live: 'ERR_EV_STATE', in: { [BEGUN]: nothing } },
    beginChunks: { live: 'ERR_EV_STATE', in: { [OPEN]: nothing } },
    sendChunk: { args: () => [bytes('data', 'x'), optional(callback('written'))], live: 'ERR_EV_STATE' },
    end: { live: 'ERR_EV_STATE' },
    cancel: { live: nothing, in: { [OPEN]: 'ERR_EV_STATE', [REPLIED]: 'ERR_EV_STATE', [REFUSED]: 'ERR_EV_STATE' } },
  },
}
