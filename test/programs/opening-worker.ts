// Opens and closes descriptors until it is asked to stop, and counts those that somebody else has closed.
import { closeSync, fstatSync, openSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

const stop = new Int32Array(workerData as SharedArrayBuffer)
let opened = 0
let lost = 0
parentPort?.postMessage('ready')
while (Atomics.load(stop, 0) === 0) {
  const fds = [openSync('/dev/null', 'r'), openSync('/dev/null', 'r')]
  opened += fds.length
  for (const fd of fds) {
    try {
      // A number that is open again may be somebody else's, and that one's kind differs.
      if (!fstatSync(fd).isCharacterDevice()) throw new Error('another file')
      closeSync(fd)
    } catch {
      lost += 1
    }
  }
}
parentPort?.postMessage({ opened, lost })
