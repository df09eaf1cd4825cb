// Run by lifecycle/workers.test.ts, in a process of its own, because a worker that does not end keeps its process from ending. It
// prints a last line when all was right.
import { strict as assert } from 'node:assert'
import { constants } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { EV_SIGNAL, EVLOOP_NONBLOCK, EventBase, obtainEvent, obtainEventBase } from 'bitcoin-support'
import { expectCode } from '../support/errors.js'
import { LIFE_STAGES } from '../support/life-stages/index.js'
import { expectLiveCounts, type LiveCounts, liveCounts } from '../support/live-counts.js'
import { CaseWorker, untilAsleep } from '../support/worker.js'

/** Checks that a worker leaves nothing behind, and returns its exit code. */
async function checked(worker: CaseWorker, before: LiveCounts, end: () => Promise<number>): Promise<number> {
  const code = await end()
  await worker.exited
  expectLiveCounts(before)
  return code
}

const cases: Record<string, () => Promise<void>> = {
  async 'counts are of the whole process'() {
    using _base = obtainEventBase()
    const before = liveCounts()
    const worker = new CaseWorker('uses everything and leaves')
    assert.deepEqual(await worker.message(), [2, 1])
    assert.equal(await worker.message(), 1)
    assert.equal(await checked(worker, before, () => worker.exited), 0)
  },

  async 'twenty workers in turn leave nothing'() {
    const before = liveCounts()
    for (let i = 0; i < 20; i++) {
      const worker = new CaseWorker(i % 2 === 0 ? 'leaves everything behind' : 'uses everything and leaves')
      assert.equal(await checked(worker, before, () => worker.exited), 0)
      assert.equal(worker.error, undefined)
    }
  },

  async 'eight workers at once leave nothing'() {
    const before = liveCounts()
    const workers = Array.from({ length: 8 }, (_, i) =>
      i % 2 === 0 ? new CaseWorker('leaves everything behind') : new CaseWorker('waits in dispatch()'),
    )
    await Promise.all(workers.map((worker) => worker.message()))
    assert(EventBase.live() >= 4)
    await Promise.all(workers.map((worker, i) => (i % 2 === 0 ? worker.exited : worker.terminate())))
    expectLiveCounts(before)
  },

  async 'a worker serves HTTP to another thread, and so does the next one'() {
    for (let i = 0; i < 2; i++) {
      const worker = new CaseWorker('serves HTTP')
      const port = await worker.message()
      const response = await fetch(`http://127.0.0.1:${port}/over?there`)
      assert.equal(await response.text(), 'worker says /over?there')
      assert.equal(await worker.terminate(), 1)
    }
  },

  async 'messages pass while a worker dispatches'() {
    const before = liveCounts()
    const worker = new CaseWorker('answers messages while it dispatches')
    let ticks = -1
    for (let i = 0; ticks < 5; i++) {
      worker.send(i)
      const [answer, seen] = (await worker.message()) as [number, number]
      assert.equal(answer, i)
      assert(seen >= ticks)
      ticks = seen
    }
    worker.send('end')
    assert.equal(await checked(worker, before, () => worker.exited), 0)
  },

  async 'signals reach a worker, and another base when it has ended'() {
    const { SIGUSR2 } = constants.signals
    const worker = new CaseWorker('waits for a signal')
    await worker.message()
    using base = obtainEventBase()
    const event = obtainEvent(base, SIGUSR2, EV_SIGNAL, () => {
      reported += 1
    })
    let reported = 0
    expectCode('ERR_EV_SIGNAL', () => event.add())
    for (let i = 0; i < 3; i++) {
      process.kill(process.pid, SIGUSR2)
      assert.equal(await worker.message(), 'SIGUSR2')
    }
    await worker.terminate()
    event.add()
    process.kill(process.pid, SIGUSR2)
    base.loopSync(EVLOOP_NONBLOCK)
    assert.equal(reported, 1)
  },

  async 'process.exit() ends a worker that waits in dispatchSync()'() {
    const worker = new CaseWorker('waits in dispatchSync()')
    await untilAsleep(Number(await worker.message()))
    finish()
    process.exit(0)
  },
}

for (const name of [
  'waits in dispatch()',
  'waits in dispatch() of two bases',
  'waits in dispatchSync()',
  'waits in dispatchSync() on poll',
  'waits in dispatchSync() in a callback of dispatch()',
  'waits in dispatchSync(), with messages that it does not read',
  'waits for a signal',
  'storms in dispatch()',
  'storms in dispatchSync()',
  'does not return from a callback of dispatch()',
  'does not return from a callback of dispatchSync()',
  'makes calls without end that are refused',
  'makes and drops handles without end',
  'uses tokens without end',
  'calls back without end',
]) {
  cases[`terminate: ${name}`] = async () => {
    const before = liveCounts()
    // What is under way when the end comes is a matter of chance.
    const rounds = name.includes('without end') ? 12 : 3
    for (let round = 0; round < rounds; round++) {
      const worker = new CaseWorker(name)
      const thread = Number(await worker.message())
      if (name.includes('messages')) for (let i = 0; i < 3; i++) worker.send(i)
      if (name.startsWith('waits')) await untilAsleep(thread)
      if (name.includes('messages')) worker.send('one more, while it sleeps')
      assert.equal(await checked(worker, before, () => worker.terminate()), 1)
      assert.equal(worker.error, undefined)
    }
  }
}

cases['terminate: in the middle of random operations'] = async () => {
  const before = liveCounts()
  for (let round = 0; round < 16; round++) {
    // A hundred sequences take far longer than is waited for.
    const worker = new CaseWorker('', 'random-operations', [`${10_000 + 100 * round}`, '100'])
    await worker.online
    await setTimeout(20 * round)
    assert.equal(await checked(worker, before, () => worker.terminate()), 1)
    assert.equal(worker.error, undefined)
  }
}

for (const [name, code, message] of [
  ['exits in a callback of dispatch()', 3, undefined],
  ['exits in a callback of dispatchSync()', 3, undefined],
  ['throws in a callback of dispatch()', 1, 'boom'],
  ['throws in a callback of dispatchSync()', 1, 'boom'],
  ['rejects in a callback of dispatch()', 1, 'boom'],
] as const) {
  cases[name] = async () => {
    const before = liveCounts()
    const worker = new CaseWorker(name)
    assert.equal(await checked(worker, before, () => worker.exited), code)
    assert.equal(worker.error?.message, message)
  }
}

for (const stage of Object.keys(LIFE_STAGES)) {
  cases[`end in each way: ${stage}`] = async () => {
    const before = liveCounts()
    for (const [how, code] of [
      ['by itself', 0],
      ['by process.exit()', 7],
      ['by an exception', 1],
      ['by terminate()', 1],
    ] as const) {
      for (let round = 0; round < 2; round++) {
        const worker = new CaseWorker(`${stage}, ended ${how}`)
        assert.equal(await worker.message(), 'reached')
        const end = () => (how === 'by terminate()' ? worker.terminate() : worker.exited)
        assert.equal(await checked(worker, before, end), code, how)
        assert.equal(worker.error?.message, how === 'by an exception' ? 'boom' : undefined, how)
      }
    }
  }
}

function finish(): void {
  console.log('as it should be')
}

const [, , name = ''] = process.argv
if (name === '--list') {
  console.log(JSON.stringify(Object.keys(cases)))
} else {
  const run = cases[name]
  assert(run, `there is no case ${name}`)
  await run()
  finish()
}
