// The functions that make handles, in the states that their base can be in, and with wrong arguments.
import * as library from 'bitcoin-support'
import {
  BufferEvent,
  BufferEventRateLimitGroup,
  EV_PERSIST,
  EV_TIMEOUT,
  EVHTTP_URI_NONCONFORMANT,
  EVLOOP_NONBLOCK,
  EvBuffer,
  EvConnListener,
  EvDnsBase,
  EventBase,
  EvHttp,
  EvHttpConnection,
  EvHttpRequest,
  EvHttpUri,
  LibEvent,
  OwnedEvKeyvalq,
  obtainBufferEventSocket,
  obtainEvent,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { nativeSupport } from '../support/native-support.js'
import {
  type Argument,
  anything,
  boolean,
  callback,
  callbackOrAddress,
  callbackOrNull,
  instance,
  integer,
  ms,
  optional,
  options,
  string,
} from './arguments.js'
import { expectArgumentError, expectEventError, resultOf } from './outcomes.js'
import { limit } from './subjects/buffer-event-rate-limit-group.js'
import type { Callable } from './surface.js'

const INT_MAX = 2 ** 31 - 1

/** What listens already. */
const socket = nativeSupport.boundTcpSocket(5)

interface Factory {
  readonly args: (base: EventBase) => readonly Argument[]
  readonly makes: abstract new (...args: never) => object
  /** It needs no base. */
  readonly baseless?: true
}

const factories: Readonly<Record<string, Factory>> = {
  obtainEventBase: {
    args: () => [
      options(
        'options',
        integer('priorities', 2, 1, 255),
        integer('features', 0, 0, 0xff),
        boolean('preciseTimer', false),
        boolean('changelist', true),
        options(
          'maxDispatchInterval',
          ms('interval', 1),
          integer('callbacks', 1, -1, INT_MAX),
          integer('minPriority', 1, 0, 255),
        ),
        listOfStrings('avoidMethods', ['poll']),
      ),
    ],
    makes: EventBase,
    baseless: true,
  },
  obtainEvent: {
    args: (base) => [
      instance('base', base),
      integer('fd', 0, -1, INT_MAX),
      integer('what', EV_PERSIST, 0, 0xff),
      callbackOrAddress('callback'),
      anything('arg'),
    ],
    makes: LibEvent,
  },
  obtainBufferEventSocket: {
    args: (base) => [
      instance('base', base),
      integer('fd', -1, -1, INT_MAX),
      optional(integer('options', 0, 0, 15)),
      options('settings', boolean('noDelay', true)),
    ],
    makes: BufferEvent,
  },
  obtainBufferEventPair: {
    args: (base) => [instance('base', base), optional(integer('options', 0, 0, 15))],
    makes: BufferEvent,
  },
  obtainBufferEventFilter: {
    args: (base) => [
      instance('underlying', obtainBufferEventSocket(base, -1), base),
      optional(callbackOrNull('inputFilter')),
      optional(callbackOrNull('outputFilter')),
      optional(integer('options', 0, 0, 15)),
      anything('arg'),
    ],
    makes: BufferEvent,
  },
  obtainBufferEventRateLimitGroup: {
    args: (base) => [instance('base', base), limit()],
    makes: BufferEventRateLimitGroup,
  },
  obtainEvDnsBase: {
    args: (base) => [
      instance('base', base),
      options(
        'options',
        boolean('initializeNameservers', false),
        boolean('nameserversNoDefault', true),
        boolean('disableWhenInactive', true),
      ),
    ],
    makes: EvDnsBase,
  },
  obtainEvBuffer: { args: () => [], makes: EvBuffer, baseless: true },
  obtainEvConnListenerBind: {
    args: (base) => [
      instance('base', base),
      callbackOrNull('callback'),
      anything('arg'),
      options(
        'options',
        string('host', '127.0.0.1', 'a\0b'),
        integer('port', 0, 0, 65535),
        integer('backlog', 5, 1, INT_MAX),
        boolean('reuseable', true),
        boolean('reusePort', false),
        boolean('ipv6Only', false),
        boolean('closeOnFree', true),
        boolean('leaveSocketsBlocking', false),
        boolean('disabled', false),
        boolean('deferAccept', false),
        boolean('noDelay', true),
      ),
    ],
    makes: EvConnListener,
  },
  obtainEvConnListener: {
    args: (base) => [
      instance('base', base),
      callbackOrNull('callback'),
      anything('arg'),
      options('options', integer('backlog', 0, 0, INT_MAX), boolean('closeOnFree', false), boolean('disabled', true)),
      integer('fd', socket, 0, INT_MAX),
    ],
    makes: EvConnListener,
  },
  obtainEvtimer: {
    args: (base) => [instance('base', base), callbackOrAddress('callback'), anything('arg')],
    makes: LibEvent,
  },
  obtainEvsignal: {
    args: (base) => [
      instance('base', base),
      signal('signal', 'SIGWINCH'),
      callbackOrAddress('callback'),
      anything('arg'),
      options('options', boolean('shared', true)),
    ],
    makes: LibEvent,
  },
  obtainEvHttp: { args: (base) => [instance('base', base)], makes: EvHttp },
  obtainEvHttpConnectionBase: {
    args: (base) => [instance('base', base), string('host', '127.0.0.1', '', 'a\0b'), integer('port', 1, 0, 65535)],
    makes: EvHttpConnection,
  },
  obtainEvHttpUri: {
    args: () => [
      optional(string('uri', 'http://host/', 'a\0b', 'a\r', '\u0100')),
      optional(integer('flags', EVHTTP_URI_NONCONFORMANT, 0, 1)),
    ],
    makes: EvHttpUri,
    baseless: true,
  },
  obtainEvKeyvalq: { args: () => [], makes: OwnedEvKeyvalq, baseless: true },
  obtainEvHttpConnectionUnix: {
    args: (base) => [instance('base', base), string('path', '/nowhere', '', 'a\0b')],
    makes: EvHttpConnection,
  },
  obtainEvHttpConnectionFd: {
    // Each call has a socket of its own, which the connection owns.
    args: (base) => [instance('base', base), integer('fd', connectedSocket(), 0, INT_MAX)],
    makes: EvHttpConnection,
  },
  obtainEvHttpRequest: { args: () => [callback('callback'), anything('arg')], makes: EvHttpRequest, baseless: true },
}

/** @returns a socket whose peer has gone: that it is connected is all that is asked */
function connectedSocket(): number {
  const [left, right] = nativeSupport.socketPair()
  nativeSupport.closeDescriptor(right)
  return left
}

function signal(name: string, value: string): Argument {
  const numbers = integer(name, 1, 1, 64).wrong.filter((one) => typeof one.value !== 'string')
  return { name, value, wrong: [...numbers, { name, value: 'SIGNOT', error: 'ERR_OUT_OF_RANGE' }] }
}

function listOfStrings(name: string, value: readonly string[]): Argument {
  const { wrong } = string(name, '')
  const inList = wrong.map((one) => ({ ...one, value: [one.value] }))
  return { name, value, wrong: [...wrong.filter((one) => !Array.isArray(one.value)), ...inList] }
}

const made = Object.entries(library).filter((entry): entry is [string, Callable] => /^obtain/.test(entry[0]))

describe('boundary: the functions that make handles', () => {
  checkLiveCountsAfterEach()
  after(() => nativeSupport.closeDescriptor(socket))

  it('are all expected', () => {
    expect(Object.keys(factories)).to.have.members(made.map(([name]) => name))
  })

  for (const [name, make] of made) {
    const { args, makes, baseless } = factories[name] ?? {}
    if (args === undefined || makes === undefined) continue

    const call = (base: EventBase) => {
      const values = args(base).map(({ value }) => value)
      const result = Reflect.apply(make, undefined, values)
      return (Array.isArray(result) ? result[0] : result) as EventBase
    }

    it(`${name} works, in a callback too`, () => {
      using base = obtainEventBase()
      using outside = call(base)
      expect(outside).to.be.instanceOf(makes)
      expect(outside.disposed).to.equal(false)
      const event = obtainEvent(base, -1, 0, () => {
        using inside = call(base)
        expect(inside).to.be.instanceOf(makes)
      })
      event.active(EV_TIMEOUT)
      base.loopSync(EVLOOP_NONBLOCK)
    })

    it(`${name} refuses wrong arguments by name`, () => {
      using base = obtainEventBase()
      const right = args(base)
      const values = right.map(({ value }) => value)
      for (const [index, { wrong }] of right.entries()) {
        for (const { value, error, name: argument } of wrong) {
          const result = resultOf(() => Reflect.apply(make, undefined, values.with(index, value)))
          if ('value' in result) expect.fail(`took ${String(value)} for ${argument}`)
          expectArgumentError(result.error, error, argument)
        }
      }
    })

    if (baseless) continue

    it(`${name} says that its base is disposed`, () => {
      const base = obtainEventBase()
      base.dispose()
      const result = resultOf(() => call(base))
      expectEventError('error' in result ? result.error : undefined, 'ERR_EV_DISPOSED')
    })

    it(`${name} says so in a callback in which its base has been disposed`, () => {
      const base = obtainEventBase()
      let error: unknown
      const event = obtainEvent(base, -1, 0, () => {
        base.dispose()
        const result = resultOf(() => call(base))
        error = 'error' in result ? result.error : undefined
      })
      event.active(EV_TIMEOUT)
      base.loopSync(EVLOOP_NONBLOCK)
      expectEventError(error, 'ERR_EV_DISPOSED')
    })
  }
})
