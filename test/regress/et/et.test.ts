// libevent's tests `et`: edge-triggered events, on each kind of base.

import { readSync } from 'node:fs'
import {
  EV_ET,
  EV_FEATURE_ET,
  EV_PERSIST,
  EV_READ,
  EV_WRITE,
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  obtainEvent,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { nativeSupport } from '../../support/native-support.js'
import { SocketPair } from '../../support/socket-pair.js'
import { BACKENDS } from '../backends.js'

const TURN = EVLOOP_NONBLOCK | EVLOOP_ONCE
const ignore = () => {}

for (const { name, options } of BACKENDS) {
  describe(`libevent's et on ${name}`, () => {
    checkLiveCountsAfterEach()

    it('et', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      const edges = (base.getFeatures() & EV_FEATURE_ET) !== 0
      const seen: number[] = []
      sockets.write(sockets.left, 'test string')
      nativeSupport.shutdownSocket(sockets.left)
      obtainEvent(base, sockets.right, EV_READ | EV_ET | EV_PERSIST, (_event, _arg, what) => {
        seen.push(what)
        readSync(sockets.right, Buffer.alloc(1))
      }).add()
      expect(base.loopSync(TURN)).to.equal(0)
      expect(base.loopSync(TURN)).to.equal(0)
      // There is still something to read: an edge is reported once.
      expect(seen).to.deep.equal(edges ? [EV_READ | EV_ET] : [EV_READ, EV_READ])
    })

    it('et_mix_error', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      const edge = obtainEvent(base, sockets.left, EV_READ | EV_ET, ignore)
      const level = obtainEvent(base, sockets.left, EV_READ, ignore)
      edge.add()
      expectCode('ERR_EV_STATE', () => level.add())
      expect([edge.pending(EV_READ), level.pending(EV_READ)]).to.deep.equal([EV_READ, 0])
      edge.del()
      level.add()
      expectCode('ERR_EV_STATE', () => edge.add())
      expect([edge.pending(EV_READ), level.pending(EV_READ)]).to.deep.equal([0, EV_READ])
    })

    it('et_multiple_events', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      if ((base.getFeatures() & EV_FEATURE_ET) === 0) return
      const reads: number[] = []
      const writes: number[] = []
      sockets.write(sockets.left, 'A')
      const make = (flag: number, seen: number[]) =>
        obtainEvent(base, sockets.right, flag | EV_ET | EV_PERSIST, (_event, _arg, what) => seen.push(what))
      const read = make(EV_READ, reads)
      const write = make(EV_WRITE, writes)
      read.add()
      write.add()
      base.loopSync(TURN)
      base.loopSync(TURN)
      expect([reads, writes]).to.deep.equal([[EV_READ | EV_ET], [EV_WRITE | EV_ET]])
      read.del()
      sockets.close(sockets.left)
      base.loopSync(TURN)
      base.loopSync(TURN)
      expect(writes).to.deep.equal([EV_WRITE | EV_ET, EV_WRITE | EV_ET])
    })
  })
}
