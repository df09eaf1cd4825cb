import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { EV_PERSIST, EV_SIGNAL, obtainEvent, obtainEventBase, obtainEvsignal } from 'bitcoin-support'
import { expect } from 'chai'
import { runChild } from '../../support/child.js'
import { deferred } from '../../support/deferred.js'
import { expectCode } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { LOOP_MODES } from '../../support/loop-modes.js'

const both = 'event 1, Node 1'
const event = 'event 1, Node 0'
const node = 'event 0, Node 1'

/** What each of these does to a process in which nobody listens for it. */
const SIGNALS = {
  SIGINT: 'ends',
  SIGTERM: 'ends',
  SIGHUP: 'ends',
  SIGUSR2: 'ends',
  SIGWINCH: 'nothing',
  SIGCHLD: 'nothing',
} as const

const CASES: Readonly<Record<string, readonly string[]>> = {
  'the event is first': [both, event, both, node],
  'Node is first': [both, event],
  'Node listens once': [both, event],
  'a shared one comes and goes': [both, event],
  'the event comes and goes beside a shared one': [both, node],
  'a worker has the event': [both, event, node],
}

async function run(name: string, signal: string, ends: 'ends' | 'nothing', expected: unknown, seed = '1') {
  await using child = runChild('signals-beside-node', [name, signal, seed])
  expect(await child.message(), `${name}, ${signal}, seed ${seed}`).to.deep.equal({ reported: expected })
  child.send('go')
  const { code, signal: by } = await child.ended()
  expect({ code, by }).to.deep.equal(ends === 'ends' ? { code: null, by: signal } : { code: 0, by: null })
}

describe('signals beside Node', () => {
  checkLiveCountsAfterEach()

  for (const [name, expected] of Object.entries(CASES)) {
    it(`are heard by both and lost by neither: ${name}`, async () => {
      await Promise.all(Object.entries(SIGNALS).map(([signal, ends]) => run(name, signal, ends, expected)))
    })
  }

  it('are heard by both where the process ignores them', async () => {
    await run('the event is first', 'SIGPIPE', 'ends', CASES['the event is first'])
    // Node ignores it from the start, and it does so again.
    using base = obtainEventBase()
    obtainEvsignal(base, 'SIGPIPE', () => {}).add()
    base.dispose()
    process.kill(process.pid, 'SIGPIPE')
  })

  it('are heard as often as they come, whatever is added, deleted and spawned', async () => {
    for (const signal of ['SIGUSR2', 'SIGWINCH', 'SIGTERM'] as const) {
      const seed = String(1 + Math.floor(Math.random() * 1e9))
      await run('at random', signal, SIGNALS[signal], 'as expected', seed)
    }
  })

  it('are heard after a script that breaks on SIGINT', async () => {
    await run('a script breaks on SIGINT', 'SIGINT', 'ends', [event])
    await run('a script breaks on SIGINT in a callback', 'SIGINT', 'ends', [1, 1, 1, 1])
  })

  it('are heard beside purgeOnSignals(), whichever came first', async () => {
    await run('secrets are to be purged, later', 'SIGTERM', 'ends', [event, event])
    await run('secrets are to be purged, first', 'SIGTERM', 'ends', [event, event])
  })

  it('are refused where somebody else has a handler', () => {
    using base = obtainEventBase()
    // Node's debugger.
    expectCode('ERR_EV_SIGNAL', () => obtainEvsignal(base, 'SIGUSR1', () => {}).add())
    process.once('SIGUSR1', () => {})
    const listened = obtainEvsignal(base, 'SIGUSR1', () => {})
    listened.add()
    listened.del()
    process.removeAllListeners('SIGUSR1')
  })

  for (const { name, run: loop } of LOOP_MODES) {
    it(`report in ${name} children that Node starts`, async () => {
      using base = obtainEventBase()
      const exits: unknown[] = []
      let started = 0
      const start = () => {
        started += 1
        const child = spawn('true')
        exits.push(once(child, 'exit'))
        return child
      }
      const reported = deferred()
      const onChild = obtainEvent(base, constants.signals.SIGCHLD, EV_SIGNAL | EV_PERSIST, () => {
        if (started < 3) {
          start()
          return
        }
        onChild.del()
        reported.resolve()
      })
      onChild.add()
      start()
      expect(await loop(base)).to.equal(1)
      await reported.promise
      expect(await Promise.all(exits)).to.deep.equal([
        [0, null],
        [0, null],
        [0, null],
      ])
    })
  }
})
