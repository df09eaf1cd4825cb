// The worker of support/pinger.ts: writes to a descriptor from another thread, and measures how long the answer takes.
import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

const answers = new Int32Array(workerData as SharedArrayBuffer)

parentPort?.on('message', ({ fd, rounds }: { fd: number; rounds: number }) => {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const before = Atomics.load(answers, 0)
    const start = performance.now()
    writeSync(fd, 'x')
    const answered = Atomics.wait(answers, 0, before, 10_000) !== 'timed-out'
    times.push(answered ? performance.now() - start : Number.POSITIVE_INFINITY)
    if (!answered) break
  }
  parentPort?.postMessage(times)
})
