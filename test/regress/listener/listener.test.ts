// libevent's own regression tests of evconnlistener, under their names: test/regress_listener.c.
import { constants } from 'node:os'
import {
  EVLOOP_ONCE,
  type EvConnListener,
  type EvSocketAddress,
  obtainEvConnListener,
  obtainEvConnListenerBind,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { runChild } from '../../support/child.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { nativeSupport } from '../../support/native-support.js'
import { SocketPair } from '../../support/socket-pair.js'
import { BACKENDS } from '../backends.js'

/** Closes what it is given, counts down and stops at 0. */
function countdown(from: number, stop: (listener: EvConnListener) => void) {
  const counter = {
    left: from,
    accept(listener: EvConnListener, fd: number) {
      nativeSupport.closeDescriptor(fd)
      counter.left -= 1
      if (counter.left === 0) stop(listener)
    },
  }
  return counter
}

function portOf(address: EvSocketAddress): number {
  if (address.family === 'unix') throw new Error('not a TCP socket')
  expect(address.address).to.equal('127.0.0.1')
  return address.port
}

/** Connections to a port, which the kernel makes at once; disposing closes them. */
class Connected implements Disposable {
  readonly #fds: number[]

  constructor(...ports: number[]) {
    this.#fds = ports.map((port) => nativeSupport.connectedTcpSocket(port))
  }

  [Symbol.dispose](): void {
    for (const fd of this.#fds) nativeSupport.closeDescriptor(fd)
  }
}

const LOOPBACK = { host: '127.0.0.1', port: 0, reuseable: true }

for (const { name, options } of BACKENDS) {
  describe(`libevent's listener tests, ${name}`, () => {
    checkLiveCountsAfterEach()

    it('randport', () => {
      using base = obtainEventBase(options)
      const first = countdown(2, (listener) => listener.disable())
      const second = countdown(1, (listener) => listener.disable())
      using listener1 = obtainEvConnListenerBind(base, first.accept, undefined, LOOPBACK)
      using listener2 = obtainEvConnListenerBind(base, second.accept, undefined, LOOPBACK)
      expect(listener1.getFd()).to.be.greaterThan(2)
      expect(listener2.getFd()).to.be.greaterThan(2)
      const [port1, port2] = [portOf(listener1.address()), portOf(listener2.address())]
      expect(port1).to.not.equal(port2)
      expect([listener1.getBase(), listener2.getBase()]).to.deep.equal([base, base])
      using _ = new Connected(port1, port1, port2)
      expect(base.dispatchSync()).to.equal(1)
      expect([first.left, second.left]).to.deep.equal([0, 0])
    })

    it('error', () => {
      using pair = new SocketPair()
      using base = obtainEventBase(options)
      // What is readable and cannot accept.
      pair.write(pair.right, 'hello')
      const errors: number[] = []
      using listener = obtainEvConnListener(
        base,
        () => expect.fail('it cannot accept'),
        undefined,
        { backlog: 0, closeOnFree: false },
        pair.left,
      )
      listener.setErrorCb((self, errno) => {
        errors.push(errno)
        self.disable()
      })
      expect(base.dispatchSync()).to.equal(1)
      expect(errors).to.deep.equal([-constants.errno.EINVAL])
    })

    it('error_unlock', async () => {
      await using child = runChild('exhausted-listener', [JSON.stringify(options)])
      expect(await child.message()).to.deep.equal({ errors: [-constants.errno.EMFILE], accepted: 1 })
      expect(await child.message()).to.deep.equal({ errors: [], accepted: 2 })
      expect(await child.ended()).to.include({ code: 0, signal: null, stderr: '' })
    })

    it('close_accepted_fd', () => {
      using base = obtainEventBase(options)
      const counter = countdown(1, (listener) => listener.dispose())
      const listener = obtainEvConnListenerBind(base, counter.accept, undefined, LOOPBACK)
      using _ = new Connected(portOf(listener.address()))
      expect(base.dispatchSync()).to.equal(1)
      expect(counter.left).to.equal(0)
      expect(listener.disposed).to.equal(true)
    })

    it('immediate_close', () => {
      using base = obtainEventBase(options)
      const counter = countdown(1, (listener) => listener.disable())
      using listener = obtainEvConnListenerBind(base, counter.accept, undefined, LOOPBACK)
      const port = portOf(listener.address())
      using _ = new Connected(port, port)
      expect(base.dispatchSync()).to.equal(1)
      expect(counter.left).to.equal(0)
      // The second one waits, as it would in C.
      listener.enable()
      counter.left = 1
      base.loopSync(EVLOOP_ONCE)
      expect(counter.left).to.equal(0)
    })
  })
}
