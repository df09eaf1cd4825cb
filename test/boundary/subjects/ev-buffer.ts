import {
  EVBUFFER_EOL_CRLF,
  EVHTTP_REQ_POST,
  EVLOOP_NONBLOCK,
  EvBuffer,
  type EventBase,
  type EvHttpRequest,
  obtainEvBuffer,
  obtainEventBase,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { expect } from 'chai'
import {
  type Argument,
  anything,
  boolean,
  bytes,
  callback,
  instance,
  integer,
  memoryOrSize,
  optional,
} from '../arguments.js'
import { Loopback } from '../loopback.js'
import { a, is, nothing } from '../outcomes.js'
import { handleMethods, type Method, type Stage, type Subject } from '../subject.js'

export const BUFFER_CONTENT = 'first\r\nsecond\nthird'

const MAX_SIZE = Number.MAX_SAFE_INTEGER
const INT_MAX = 2 ** 31 - 1

interface Context {
  readonly other: EvBuffer
  readonly base: EventBase
}

/** One that its user owns, with content. */
export function filledBuffer(): EvBuffer {
  const buffer = obtainEvBuffer()
  buffer.add(BUFFER_CONTENT)
  return buffer
}

/** What callbacks are removed by. */
export function ignore(): void {}

function buffer(prepare: (buffer: EvBuffer) => void): Stage<EvBuffer, Context> {
  return {
    run(act) {
      using base = obtainEventBase()
      using buffer = filledBuffer()
      using other = filledBuffer()
      // The first callback has the number 1.
      buffer.addCb(ignore)
      prepare(buffer)
      act(buffer, { base, other })
    },
  }
}

// Once: what is done in the callback may change the buffer again.
function inCallback(prepare: (buffer: EvBuffer) => void): Stage<EvBuffer, Context> {
  return {
    run(act) {
      using base = obtainEventBase()
      using buffer = filledBuffer()
      using other = filledBuffer()
      buffer.addCb(ignore)
      const entry = buffer.addCb(() => {
        buffer.removeCbEntry(entry)
        prepare(buffer)
        act(buffer, { base, other })
      })
      buffer.add('x')
    },
  }
}

function fd(): Argument {
  return integer('fd', INT_MAX, 0, INT_MAX)
}

function size(name: string, value: number): Argument {
  return integer(name, value, 0, MAX_SIZE)
}

const style = integer('style', EVBUFFER_EOL_CRLF, 0, 4)
const other = ({ other: value }: Context, name = 'other') => instance(name, value, new Uint8Array(1))
const FROZEN = 'frozen'
const WITH_MORE = 'in its callback'

// What a frozen buffer refuses.
function change(method: Method<Context>): Method<Context> {
  return { ...method, in: { [FROZEN]: 'ERR_EV_STATE', ...method.in } }
}

export const ownBuffer: Subject<EvBuffer, Context> = {
  name: 'EvBuffer of its user',
  type: EvBuffer,
  stages: {
    open: buffer(() => {}),
    [FROZEN]: buffer((buffer) => {
      buffer.freeze(true)
      buffer.freeze(false)
    }),
    [WITH_MORE]: inCallback((buffer) => {
      // The content is as in the other states.
      const content = buffer.remove()
      buffer.add(content.subarray(0, -1))
    }),
    deferred: {
      run(act) {
        using base = obtainEventBase()
        using buffer = filledBuffer()
        using other = filledBuffer()
        buffer.addCb(ignore)
        buffer.deferCallbacks(base)
        buffer.add('x')
        const content = buffer.remove()
        buffer.add(content.subarray(0, -1))
        act(buffer, { base, other })
        base.loopSync(EVLOOP_NONBLOCK)
      },
    },
    disposed: { ...buffer((buffer) => buffer.dispose()), dead: true },
    'disposed in its callback': { ...inCallback((buffer) => buffer.dispose()), dead: true },
  },
  methods: {
    ...handleMethods,
    getLength: { live: is(BUFFER_CONTENT.length) },
    add: change({ args: () => [bytes('data', 'data')], live: nothing }),
    prepend: change({ args: () => [bytes('data', 'data')], live: nothing }),
    drain: change({ args: () => [size('size', 2)], live: nothing }),
    remove: change({ args: () => [optional(memoryOrSize('size', 5))], live: is(Buffer.from('first')) }),
    addIovec: change({ args: () => [pieces()], live: nothing }),
    copyout: change({ args: () => [optional(memoryOrSize('size', 5))], live: is(Buffer.from('first')) }),
    copyoutFrom: change({
      args: () => [size('position', 7), optional(memoryOrSize('size', 6))],
      live: is(Buffer.from('second')),
    }),
    pullup: { args: () => [optional(size('size', 5))], live: is(Buffer.from('first')) },
    peek: { args: () => [optional(size('size', 5)), optional(size('position', 0))], live: is([Buffer.from('first')]) },
    getContiguousSpace: { live: is(BUFFER_CONTENT.length) },
    ptrSet: {
      args: () => [size('position', 2), optional(integer('how', 1, 0, 1)), optional(size('from', 3))],
      live: is(5),
    },
    search: { args: () => [bytes('what', 'i'), optional(size('start', 2))], live: is(16) },
    searchRange: {
      args: () => [bytes('what', 'i'), size('start', 2), optional(size('end', 16))],
      live: is(-1),
    },
    find: { args: () => [bytes('what', 'third')], live: is(14) },
    searchEol: { args: () => [style, optional(size('position', 0))], live: is({ position: 5, length: 2 }) },
    readln: change({ args: () => [style, optional(as())], live: is(Buffer.from('first')) }),
    lines: {
      args: () => [optional(style)],
      use: (lines) => [...(lines as Iterable<string>)],
      // What was not used could be read only now, when the buffer has gone.
      live: (lines) => expect(Array.isArray(lines) ? lines : ['first', 'second']).to.deep.equal(['first', 'second']),
      in: { [FROZEN]: 'ERR_EV_STATE' },
    },
    addBuffer: change({ args: (context) => [other(context)], live: nothing }),
    prependBuffer: change({ args: (context) => [other(context)], live: nothing }),
    removeBuffer: change({ args: (context) => [other(context, 'into'), size('size', 2)], live: is(2) }),
    addBufferReference: change({ args: (context) => [other(context)], live: nothing }),
    addReference: change({ args: () => [bytes('data', 'data'), optional(callback('cleanup'))], live: nothing }),
    addFile: {
      args: () => [fd(), optional(size('offset', 0)), optional(size('length', 1))],
      live: 'ERR_EV_LIBEVENT',
    },
    read: change({ args: () => [fd(), optional(size('size', 1))], live: 'ERR_EV_LIBEVENT' }),
    write: change({ args: () => [fd()], live: 'ERR_EV_LIBEVENT' }),
    writeAtmost: change({ args: () => [fd(), size('size', 1)], live: 'ERR_EV_LIBEVENT' }),
    expand: change({ args: () => [integer('size', 100, 0, INT_MAX)], live: nothing }),
    reserveSpace: change({ args: () => [integer('size', 100, 0, INT_MAX)], live: a(Uint8Array) }),
    commitSpace: { args: () => [instance('space', new Uint8Array(1))].map(onlyBytes), live: 'ERR_EV_STATE' },
    freeze: { args: () => [boolean('atFront', true)], live: nothing },
    unfreeze: { args: () => [boolean('atFront', true)], live: nothing },
    setFlags: { args: () => [integer('flags', 1, 0, 1)], live: nothing },
    clearFlags: { args: () => [integer('flags', 1, 0, 1)], live: nothing },
    addCb: { args: () => [callback('callback'), anything('arg')], live: a('number') },
    removeCb: { args: () => [callback('callback', ignore), anything('arg')], live: nothing },
    removeCbEntry: { args: () => [size('entry', 1)], live: nothing },
    cbSetFlags: { args: () => [size('entry', 1), integer('flags', 1, 0, 1)], live: nothing },
    cbClearFlags: { args: () => [size('entry', 1), integer('flags', 1, 0, 1)], live: nothing },
    deferCallbacks: { args: ({ base }) => [instance('base', base)], live: nothing },
    toString: { live: a('string'), dead: a('string') },
  },
}

function as(): Argument {
  const values = ['', 'utf8', null, 1, {}]
  const wrong = values.map((value) => ({ name: 'as', value, error: 'ERR_OUT_OF_RANGE' as const }))
  return { name: 'as', value: 'buffer', wrong }
}

function pieces(): Argument {
  const wrong = bytes('pieces', '').wrong.map((one) => ({ ...one, value: ['x', one.value] }))
  return {
    name: 'pieces',
    value: ['a', new Uint8Array(2)],
    wrong: [...wrong, ...instance('pieces', []).wrong.filter(({ value }) => !Array.isArray(value))],
  }
}

function onlyBytes(argument: Argument): Argument {
  return { ...argument, wrong: argument.wrong.filter(({ value }) => !(value instanceof Uint8Array)) }
}

// A server's request, and one of its buffers with the same content.
function requestStage(
  input: boolean,
  end: (request: EvHttpRequest, loopback: Loopback) => void,
): Stage<EvBuffer, Context> {
  return {
    run(act) {
      using loopback = new Loopback()
      using other = filledBuffer()
      const request = loopback.askAndHold()
      const view = input ? request.getInputBuffer() : request.getOutputBuffer()
      view.drain(view.getLength())
      view.add(BUFFER_CONTENT)
      view.addCb(ignore)
      end(request, loopback)
      act(view, { base: loopback.base, other })
    },
  }
}

/** What belongs to a view's owner. */
const OWNERS: Readonly<Record<string, Method<Context>>> = Object.fromEntries(
  ['freeze', 'unfreeze', 'setFlags', 'clearFlags'].map((name) => [
    name,
    { ...ownBuffer.methods[name], live: 'ERR_EV_STATE' as const },
  ]),
)

export const requestBuffer: Subject<EvBuffer, Context> = {
  name: 'EvBuffer of a request',
  type: EvBuffer,
  stages: {
    open: requestStage(true, () => {}),
    'that will be sent': requestStage(false, () => {}),
    "a client's": {
      run(act) {
        using base = obtainEventBase()
        using other = filledBuffer()
        using request = obtainEvHttpRequest(() => {})
        request.getOutputBuffer().add(BUFFER_CONTENT)
        request.getOutputBuffer().addCb(ignore)
        act(request.getOutputBuffer(), { base, other })
      },
    },
    disposed: {
      ...requestStage(true, (request) => {
        request.getInputBuffer().dispose()
      }),
      dead: true,
    },
    'its request answered': { ...requestStage(true, (request) => request.reply()), dead: true },
    'sent with the answer': { ...requestStage(false, (request) => request.sendReply(200)), dead: true },
    'given up for chunks': {
      ...requestStage(false, (request) => {
        request.getOutputBuffer().drain(100)
        request.sendReplyStart(200)
      }),
      dead: true,
    },
    'its request disposed': { ...requestStage(true, (request) => request.dispose()), dead: true },
    'its server disposed': { ...requestStage(false, (_, { http }) => http.dispose()), dead: true },
    'its base disposed': { ...requestStage(true, (_, { base }) => base.dispose()), dead: true },
    "a client's, made": {
      run(act) {
        using loopback = new Loopback()
        using other = filledBuffer()
        loopback.answerAll()
        const request = obtainEvHttpRequest(() => {})
        const view = request.getOutputBuffer()
        loopback.connection.makeRequest(request, EVHTTP_REQ_POST, '/')
        act(view, { base: loopback.base, other })
      },
      dead: true,
    },
  },
  methods: { ...ownBuffer.methods, ...OWNERS },
}
