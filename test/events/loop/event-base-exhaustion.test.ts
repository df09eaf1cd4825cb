// Bases when the process has no more descriptors, and others' descriptors when a backend is made anew.
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { obtainEvent, obtainEventBase } from 'bitcoin-support'
import { expect } from 'chai'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { runProgram } from '../../support/run-program.js'

const EMFILE = -24
const program = (name: string) => fileURLToPath(new URL(`../../programs/${name}.js`, import.meta.url))

describe('a process that is out of descriptors', () => {
  it('gets an error, whatever it makes, and goes on', async () => {
    const { code, signal, stdout, stderr } = await runProgram(process.execPath, [program('exhausted-bases')])
    expect([code, signal], stderr).to.deep.equal([0, null])
    const { outcomes, stillWorks, worksAgain } = JSON.parse(stdout) as {
      outcomes: Record<string, string[]>
      stillWorks: boolean
      worksAgain: boolean
    }
    // With none left, one, two …
    const until = (enough: number, error: string) =>
      Array.from({ length: 8 }, (_, left) => (left < enough ? error : 'made'))
    const noBackend = until(4, `ERR_EV_LIBEVENT event_base_new_with_config ${EMFILE}`)
    const noPipe = until(2, `ERR_EV_LIBEVENT pipe ${EMFILE}`)
    const noSocket = until(1, `ERR_EV_BIND socket ${EMFILE}`)
    expect(outcomes).to.deep.equal({
      obtainEventBase: noBackend,
      'obtainEventBase, poll': noBackend,
      'obtainEventBase, select': noBackend,
      reinit: until(4, `ERR_EV_LIBEVENT event_reinit ${EMFILE}`),
      'LibEvent.share': noPipe,
      'EventBase.share': noPipe,
      obtainEvHttp: noSocket,
      obtainEvConnListenerBind: noSocket,
      obtainBufferEventPair: until(0, ''),
      obtainEvDnsBase: until(0, ''),
    })
    expect([stillWorks, worksAgain]).to.deep.equal([true, true])
  })
})

describe('EventBase.reinit()', () => {
  checkLiveCountsAfterEach()

  for (const avoidMethods of [[], ['epoll'], ['epoll', 'poll']]) {
    it(`closes nothing that another thread has opened (without ${avoidMethods.join(' and ') || 'none'})`, async () => {
      const stop = new Int32Array(new SharedArrayBuffer(4))
      const worker = new Worker(program('opening-worker'), { workerData: stop.buffer })
      await new Promise((resolve) => worker.once('message', resolve))
      using base = obtainEventBase({ avoidMethods })
      let called = 0
      obtainEvent(base, -1, 0, () => (called += 1)).active(0)
      for (const until = performance.now() + 1500; performance.now() < until; ) base.reinit()
      const reported = new Promise<{ opened: number; lost: number }>((resolve) => worker.once('message', resolve))
      Atomics.store(stop, 0, 1)
      const { opened, lost } = await reported
      expect(opened).to.be.greaterThan(1000)
      expect(lost).to.equal(0)
      base.dispatchSync()
      expect(called).to.equal(1)
    })
  }
})
