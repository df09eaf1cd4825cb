import { type AddressInfo, connect } from 'node:net'
import {
  EV_PERSIST,
  EV_READ,
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  obtainBufferEventPair,
  obtainEvConnListenerBind,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
  obtainEvsignal,
  obtainEvtimer,
} from 'bitcoin-support'
import { expect } from 'chai'
import { runChild } from '../support/child.js'
import { turn } from '../support/deferred.js'
import { expectCode } from '../support/errors.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { LOOP_MODES, NEVER } from '../support/loop-modes.js'
import { SocketPair } from '../support/socket-pair.js'

const ignore = () => {}

/** What each process says before it ends. */
const ENDING: Readonly<Record<string, readonly string[]>> = {
  'a base without a reference': ['false'],
  'a base that loses it later': [],
  'a base that loses it in a callback': [],
  'a base without a reference that waits': [],
  'a base without a reference beside a timer of Node': ['called 5 times'],
  'a base without a reference beside one that has one': ['called', 'the other ended with 1'],
  'a base that gets its reference back': ['ended with 0'],
  'events without a reference': ['called', 'ended with 1'],
}

describe('ref() and unref()', () => {
  checkLiveCountsAfterEach()

  for (const [name, said] of Object.entries(ENDING)) {
    it(`let the process end by itself, or not: ${name}`, async () => {
      await using child = runChild('references', [name])
      const { code, signal, stdout, stderr } = await child.ended()
      expect({ code, signal, stderr }).to.deep.equal({ code: 0, signal: null, stderr: '' })
      expect(stdout.split('\n').filter((line) => line !== '')).to.deep.equal(said)
    })
  }

  it('return the handle, and hasRef() says so', () => {
    using base = obtainEventBase()
    const event = obtainEvtimer(base, ignore)
    const http = obtainEvHttp(base)
    const listener = obtainEvConnListenerBind(base, ignore, undefined, { host: '127.0.0.1' })
    const handles = [base, event, http, listener]
    for (const handle of handles) {
      expect(handle.hasRef()).to.equal(true)
      expect(handle.unref()).to.equal(handle)
      expect(handle.unref().hasRef()).to.equal(false)
      expect(handle.ref().hasRef()).to.equal(true)
      handle.unref()
    }
    base.dispose()
    for (const handle of handles) {
      for (const call of ['ref', 'unref', 'hasRef'] as const) expectCode('ERR_EV_DISPOSED', () => handle[call]())
    }
  })

  for (const { name, run } of LOOP_MODES) {
    describe(`in ${name}`, () => {
      it('let it end with 1 though something is pending', async () => {
        using base = obtainEventBase()
        using pair = new SocketPair()
        const events = [
          obtainEvtimer(base, ignore),
          obtainEvent(base, pair.left, EV_READ | EV_PERSIST, ignore),
          obtainEvsignal(base, 'SIGUSR2', ignore),
        ]
        for (const event of events) event.unref().add(NEVER)
        expect(await run(base)).to.equal(1)
        // Together with one that is to come, which is called.
        let calls = 0
        obtainEvtimer(base, () => (calls += 1)).add(2)
        expect(await run(base)).to.equal(1)
        expect(calls).to.equal(1)
        for (const event of events) expect(event.pending()).to.not.equal(0)
      })

      it('leave what is active to be called first', async () => {
        using base = obtainEventBase()
        const order: string[] = []
        const last = obtainEvtimer(base, () => order.push('last')).unref()
        const first = obtainEvtimer(base, () => {
          order.push('first')
          last.active(0)
        }).unref()
        first.active(0)
        expect(await run(base)).to.equal(1)
        expect(order).to.deep.equal(['first', 'last'])
      })

      it('may be called in a callback', async () => {
        using base = obtainEventBase()
        const seen: string[] = []
        const forever = obtainEvent(base, -1, EV_PERSIST, () => {
          seen.push('tick')
          if (seen.length === 3) forever.unref()
        })
        forever.add(1)
        expect(await run(base)).to.equal(1)
        expect(seen).to.have.lengthOf(3)
        forever.ref()
        const again = obtainEvtimer(base, () => {
          forever.unref()
          forever.ref()
          obtainEvtimer(base, () => forever.del()).add(5)
        })
        again.add(1)
        expect(await run(base)).to.equal(1)
        expect(seen.length).to.be.greaterThan(3)
      })

      it('and a loopbreak() or loopexit() beside them is that still', async () => {
        using base = obtainEventBase()
        const other = obtainEvtimer(base, ignore)
        other.add(NEVER)
        const event = obtainEvtimer(base, () => {
          event.unref()
          base.loopbreak()
        })
        event.add(1)
        expect(await run(base)).to.equal(0)
        expect([base.gotBreak(), base.gotExit()]).to.deep.equal([true, false])
        event.ref()
        const leaves = obtainEvtimer(base, () => {
          base.loopbreak()
          leaves.unref()
        })
        leaves.add(1)
        expect(await run(base)).to.equal(0)
        expect([base.gotBreak(), base.gotExit()]).to.deep.equal([true, false])
        leaves.ref()
        base.loopexit(5)
        expect(await run(base)).to.equal(0)
        expect([base.gotBreak(), base.gotExit()]).to.deep.equal([false, true])
      })

      it('goes on for a bufferevent, a message and what is disposed of', async () => {
        using base = obtainEventBase()
        const seen: string[] = []
        const event = obtainEvtimer(base, ignore).unref()
        event.add(NEVER)
        const [a, b] = obtainBufferEventPair(base)
        b.setcb(() => seen.push('read'), undefined, undefined)
        b.enable(EV_READ)
        a.write('x')
        event.dispose()
        obtainEvtimer(base, ignore).unref().add(NEVER)
        expect(await run(base)).to.equal(1)
        expect(seen).to.deep.equal(['read'])
      })
    })
  }

  it('leave an exception of the same callback to end a blocking loop', () => {
    using base = obtainEventBase()
    const waiting = obtainEvtimer(base, ignore)
    waiting.add(NEVER)
    let ticks = 0
    const forever = obtainEvent(base, -1, EV_PERSIST, () => {
      if (ticks++ === 3) base.loopbreak()
    })
    forever.add(1)
    const last = obtainEvtimer(base, () => {
      waiting.unref()
      throw new Error('of the callback')
    })
    last.active(0)
    expect(() => base.dispatchSync()).to.throw('of the callback')
    expect(ticks).to.equal(0)
    expect(base.gotBreak()).to.equal(false)
  })

  it('of a server leave its connections theirs', async () => {
    using base = obtainEventBase()
    const http = obtainEvHttp(base).unref()
    http.setGencb((req) => req.reply({ body: 'here' }))
    const { port } = http.bindSocketWithHandle('127.0.0.1', 0).address() as AddressInfo
    expect(await base.dispatch()).to.equal(1)
    const kept = obtainEvtimer(base, ignore)
    kept.add(NEVER)
    const ended = base.dispatch()
    const peer = connect(port, '127.0.0.1')
    peer.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await new Promise((resolve) => peer.once('data', resolve))
    kept.del()
    let settled = false
    ended.then(() => {
      settled = true
    })
    for (let i = 0; i < 20; i++) await turn()
    expect(settled).to.equal(false)
    peer.end()
    expect(await ended).to.equal(1)
  })

  it('of a listener leave it to accept', async () => {
    using base = obtainEventBase()
    let accepted = 0
    const listener = obtainEvConnListenerBind(base, () => (accepted += 1), undefined, { host: '127.0.0.1' }).unref()
    expect(base.dispatchSync()).to.equal(1)
    const peer = connect((listener.address() as AddressInfo).port, '127.0.0.1')
    peer.on('error', ignore)
    const wait = obtainEvent(base, -1, EV_PERSIST, () => {
      if (accepted > 0) wait.del()
    })
    wait.add(1)
    expect(await base.dispatch()).to.equal(1)
    expect(accepted).to.equal(1)
    peer.destroy()
    await turn()
  })

  it('with flags: a loop that does not wait, or for one thing', () => {
    using base = obtainEventBase()
    const event = obtainEvtimer(base, ignore).unref()
    event.add(NEVER)
    expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(1)
    expect(base.loopSync(EVLOOP_ONCE)).to.equal(1)
    event.ref()
    expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(0)
    event.unref()
    obtainEvtimer(base, ignore).add(1)
    expect(base.loopSync(EVLOOP_ONCE)).to.equal(0)
    expect(base.loopSync(EVLOOP_ONCE)).to.equal(1)
  })
})
