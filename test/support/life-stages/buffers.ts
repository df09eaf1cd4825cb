// Stages of what moves bytes without HTTP.
import { isMainThread } from 'node:worker_threads'
import {
  type BufferEvent,
  EV_PERSIST,
  EV_READ,
  EventToken,
  obtainBufferEventFilter,
  obtainBufferEventPair,
  obtainBufferEventRateLimitGroup,
  obtainBufferEventSocket,
  obtainEvBuffer,
  obtainEvConnListenerBind,
  obtainEvDnsBase,
  obtainEvent,
  obtainEvHttpUri,
  obtainEvKeyvalq,
  obtainEvsignal,
} from 'bitcoin-support'
import { deferred } from '../deferred.js'
import { SilentPort } from '../silent-port.js'
import { connectTo, greeting, MUCH, NEVER, type Stage, startDeafNameserver, startPeer } from './stage.js'

// Kept until the bytes are let go of; in a stage it would keep what that holds.
const nothing = () => {}

/** Gives a bufferevent one of each callback. @returns when the first byte has come */
function watched(bufferevent: BufferEvent): Promise<void> {
  const { promise, resolve } = deferred()
  bufferevent.setcb(
    () => resolve(),
    () => {},
    () => {},
  )
  bufferevent.enable(EV_READ)
  return promise
}

export const bufferStages: Readonly<Record<string, Stage>> = {
  'buffers that refer to each other': (base, hold) => {
    const [first, second] = [hold(obtainEvBuffer()), hold(obtainEvBuffer())]
    first.addReference('text', nothing)
    second.addBufferReference(first)
    first.addBuffer(second)
    first.addCb(() => second.getLength())
    second.deferCallbacks(base)
    second.addCb(() => first.getLength())
    second.add('more')
  },
  'the buffers of a bufferevent': (base, hold) => {
    const bufferevent = hold(obtainBufferEventSocket(base, -1))
    const [input, output] = [hold(bufferevent.getInput()), hold(bufferevent.getOutput())]
    for (const buffer of [input, output]) buffer.addCb(() => bufferevent.getfd())
    output.add('text')
    output.addReference('text', nothing)
  },
  'a bufferevent that connects': async (base, hold) => {
    const { port } = await SilentPort.fill()
    const bufferevent = hold(obtainBufferEventSocket(base, -1))
    watched(bufferevent)
    bufferevent.write('later')
    bufferevent.socketConnect('127.0.0.1', port)
  },
  'a bufferevent that looks its host up': async (base, hold) => {
    const { address, asked } = startDeafNameserver(base)
    const dns = hold(obtainEvDnsBase(base))
    dns.nameserverIpAdd(address)
    const bufferevent = hold(obtainBufferEventSocket(base, -1))
    watched(bufferevent)
    bufferevent.socketConnectHostname(dns, 4, 'host.test', 80)
    await asked
  },
  'a bufferevent with bytes both ways': async (base, hold) => {
    const port = await startPeer(greeting('hello'))
    const bufferevent = hold(obtainBufferEventSocket(base, -1))
    const greeted = watched(bufferevent)
    bufferevent.setTimeouts(NEVER, NEVER)
    bufferevent.socketConnect('127.0.0.1', port)
    bufferevent.write(Buffer.alloc(MUCH))
    await greeted
  },
  'a pair with bytes under way': async (base, hold) => {
    const [first, second] = hold(obtainBufferEventPair(base))
    const moved = watched(second)
    watched(first)
    second.setWatermark(EV_READ, 0, 100)
    first.write(Buffer.alloc(100_000))
    await moved
  },
  'a filter over a filter': async (base, hold) => {
    const [under, far] = hold(obtainBufferEventPair(base))
    const halve = (source: Buffer) => ({ consumed: source.length >> 1, output: source.subarray(0, source.length >> 1) })
    const lower = hold(obtainBufferEventFilter(under, halve, halve))
    const upper = hold(obtainBufferEventFilter(lower, halve, undefined))
    const passed = watched(upper)
    far.write(Buffer.alloc(100_000))
    upper.write(Buffer.alloc(100_000))
    await passed
  },
  'members of a group that has used its share': async (base, hold) => {
    const port = await startPeer(greeting('hello'))
    const group = hold(obtainBufferEventRateLimitGroup(base, { readRate: 1, writeRate: 1, tick: NEVER }))
    const greeted = [0, 1].map(() => {
      const bufferevent = hold(obtainBufferEventSocket(base, -1))
      bufferevent.addToRateLimitGroup(group)
      const first = watched(bufferevent)
      bufferevent.socketConnect('127.0.0.1', port)
      bufferevent.write(Buffer.alloc(1000))
      return first
    })
    await Promise.race(greeted)
  },
  'a listener with connections that wait': async (base, hold) => {
    const listener = hold(obtainEvConnListenerBind(base, null, undefined, { host: '127.0.0.1' }))
    const address = listener.address()
    if (!('port' in address)) throw new Error('the listener has no port')
    for (let i = 0; i < 3; i++) await connectTo(address.port, 'hello')
  },
  'a listener that has accepted': async (base, hold) => {
    const accepted = deferred()
    const accept = (_: unknown, fd: number) => {
      void watched(hold(obtainBufferEventSocket(base, fd))).then(() => accepted.resolve())
    }
    const address = hold(obtainEvConnListenerBind(base, accept, undefined, { host: '127.0.0.1' })).address()
    if (!('port' in address)) throw new Error('the listener has no port')
    await connectTo(address.port, 'hello')
    await accepted.promise
  },
  'a resolver whose questions are not answered': async (base, hold) => {
    const { address, asked } = startDeafNameserver(base)
    const dns = hold(obtainEvDnsBase(base))
    dns.nameserverIpAdd(address)
    dns.resolveIpv4('host.test', 0, () => {})
    hold(dns.getaddrinfo('other.test', 80, 0, () => {}))
    dns.resolveReverse('127.0.0.1', () => {})
    await asked
  },
  'what lives on no base': (_, hold) => {
    hold(obtainEvHttpUri('http://host/path'))
    hold(obtainEvKeyvalq()).addHeader('Name', 'value')
    hold(obtainEvBuffer()).add('text')
  },
  'tokens that are open': (base, hold) => {
    const event = hold(obtainEvent(base, -1, 0, () => {}))
    hold(EventToken.open(event.share())).active(1)
    const token = hold(EventToken.open(base.share(() => {})))
    token.once('soon')
    token.once('never', NEVER)
  },
  'signals that are waited for': (base, hold) => {
    hold(obtainEvent(base, -1, EV_PERSIST, () => {})).add(NEVER)
    hold(obtainEvsignal(base, 'SIGUSR2', () => {})).add()
    if (isMainThread) hold(obtainEvsignal(base, 'SIGWINCH', () => {}, undefined, { shared: true })).add()
  },
}
