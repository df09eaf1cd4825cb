// TCP_NODELAY of bufferevents and of what listeners accept: off by default, as in Node's net.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import {
  BEV_EVENT_CONNECTED,
  type BufferEvent,
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  type EvConnListenerBindOptions,
  type EventBase,
  evutilClosesocket,
  getUniquePath,
  obtainBufferEventPair,
  obtainBufferEventSocket,
  obtainEvConnListener,
  obtainEvConnListenerBind,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { nativeSupport } from '../../support/native-support.js'

function hasNoDelay(bufferevent: BufferEvent): boolean {
  return nativeSupport.hasNoDelay(bufferevent.getfd())
}

/** A port on which connections are accepted and closed. */
async function withPort(use: (port: number) => void): Promise<void> {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  use(typeof address === 'object' && address !== null ? address.port : 0)
  server.close()
  await once(server, 'close')
}

/** Connects to a listener. @returns whether what it accepts has TCP_NODELAY */
function acceptedHasNoDelay(base: EventBase, options: EvConnListenerBindOptions): boolean {
  let found: boolean | undefined
  const listener = obtainEvConnListenerBind(
    base,
    (_, fd) => {
      found = nativeSupport.hasNoDelay(fd)
      evutilClosesocket(fd)
    },
    undefined,
    { host: '127.0.0.1', ...options },
  )
  const address = listener.address()
  const peer = obtainBufferEventSocket(base, -1)
  if (address.family !== 'unix') peer.socketConnect(address.address, address.port)
  while (found === undefined) base.loopSync(EVLOOP_ONCE)
  peer.dispose()
  listener.dispose()
  return found
}

describe('noDelay', () => {
  checkLiveCountsAfterEach()

  it('is off for a socket that is connected, unless it is asked for', async () => {
    await withPort((port) => {
      using base = obtainEventBase()
      for (const noDelay of [undefined, false, true]) {
        const bufferevent = obtainBufferEventSocket(base, -1, undefined, noDelay === undefined ? {} : { noDelay })
        let connected = false
        bufferevent.setcb(undefined, undefined, (_, what) => {
          connected ||= (what & BEV_EVENT_CONNECTED) !== 0
        })
        bufferevent.socketConnect('127.0.0.1', port)
        expect(hasNoDelay(bufferevent)).to.equal(noDelay === true)
        while (!connected) base.loopSync(EVLOOP_ONCE)
        expect(hasNoDelay(bufferevent)).to.equal(noDelay === true)
        bufferevent.setNoDelay()
        expect(hasNoDelay(bufferevent)).to.equal(true)
        bufferevent.setNoDelay(false)
        expect(hasNoDelay(bufferevent)).to.equal(false)
        bufferevent.dispose()
      }
    })
  })

  it('holds for what is connected by name, and for the next descriptor', async () => {
    await withPort((port) => {
      using base = obtainEventBase()
      const bufferevent = obtainBufferEventSocket(base, -1)
      bufferevent.setNoDelay()
      bufferevent.socketConnectHostname(undefined, 4, '127.0.0.1', port)
      expect(hasNoDelay(bufferevent)).to.equal(true)
      const other = nativeSupport.boundTcpSocket(1)
      expect(nativeSupport.hasNoDelay(other)).to.equal(false)
      const first = bufferevent.getfd()
      bufferevent.setfd(other)
      expect(nativeSupport.hasNoDelay(other)).to.equal(true)
      evutilClosesocket(first)
      bufferevent.dispose()
    })
  })

  it('is no failure for what is not TCP', () => {
    using base = obtainEventBase()
    const [left, right] = nativeSupport.socketPair()
    const bufferevent = obtainBufferEventSocket(base, left, undefined, { noDelay: true })
    bufferevent.setNoDelay()
    bufferevent.dispose()
    const path = getUniquePath(tmpdir())
    obtainEvConnListenerBind(base, null, undefined, { path, noDelay: true }).dispose()
    obtainBufferEventSocket(base, right).dispose()
  })

  it('is refused for what has no socket', () => {
    using base = obtainEventBase()
    const [bufferevent] = obtainBufferEventPair(base)
    expectCode('ERR_EV_STATE', () => bufferevent.setNoDelay())
    expect(() => bufferevent.setNoDelay(1 as unknown as boolean)).to.throw(TypeError, /^noDelay /)
    base.loopSync(EVLOOP_NONBLOCK)
  })

  it('of a listener is what it accepts has', () => {
    using base = obtainEventBase()
    expect(acceptedHasNoDelay(base, {})).to.equal(false)
    expect(acceptedHasNoDelay(base, { noDelay: false })).to.equal(false)
    expect(acceptedHasNoDelay(base, { noDelay: true })).to.equal(true)
    const fd = nativeSupport.boundTcpSocket(1)
    const listener = obtainEvConnListener(base, null, undefined, { noDelay: true }, fd)
    expect(nativeSupport.hasNoDelay(fd)).to.equal(true)
    listener.dispose()
  })
})
