// libevent's tests `main` of event_del() while another thread runs the loop. Here only a base's own thread can delete events, so
// the other thread makes them active.
import { Worker } from 'node:worker_threads'
import { EventToken, obtainEvent, obtainEventBase, obtainEvtimer } from 'bitcoin-support'
import { expect } from 'chai'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { NEVER } from '../../support/loop-modes.js'
import { BACKENDS } from '../backends.js'

function start(token: bigint, count: number): Promise<unknown> {
  const worker = new Worker(new URL('../../programs/token-worker.js', import.meta.url), {
    workerData: { token, kind: 'event', count },
  })
  return new Promise((resolve, reject) => {
    worker.on('error', reject)
    worker.on('exit', resolve)
  })
}

for (const { name, options } of BACKENDS) {
  describe(`libevent's main: threads on ${name}`, () => {
    checkLiveCountsAfterEach()

    it('del_wait', async () => {
      using base = obtainEventBase(options)
      let calls = 0
      const event = obtainEvent(base, -1, 0, () => {
        calls += 1
        // The other thread goes on with it meanwhile.
        for (const begun = performance.now(); performance.now() - begun < 20; );
        event.dispose()
      })
      event.add(NEVER)
      const ended = start(event.share(), 1_000_000_000)
      expect(base.dispatchSync()).to.equal(1)
      expect(calls).to.equal(1)
      await ended
      base.dispatchSync()
      expect(calls, 'nobody is called once it is deleted').to.equal(1)
    })

    it('del_notify', async () => {
      using base = obtainEventBase(options)
      const kept = obtainEvtimer(base, () => expect.fail('called'))
      kept.add(NEVER)
      const event = obtainEvtimer(base, () => kept.del())
      using token = EventToken.open(event.share())
      expect(token.disposed).to.equal(false)
      const ended = start(event.share(), 1)
      // It waits for nothing else: to delete what is left ends it at once.
      expect(base.dispatchSync()).to.equal(1)
      await ended
    })
  })
}
