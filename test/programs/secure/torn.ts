// Reads a buffer and a string that another thread replaces all the time: `torn <seconds>`. All bytes of a content have one value,
// which decides the length.
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { SecureBuffer, SecureString } from 'bitcoin-support'
import { report } from './report.js'

const SMALL = { value: 0x61, length: 5 }
const LARGE = { value: 0x62, length: 4096 }

/** @returns whether the bytes are one of the contents as a whole */
function whole(bytes: Uint8Array): boolean {
  const { value, length } = bytes[0] === SMALL.value ? SMALL : LARGE
  return bytes.length === length && bytes.every((byte) => byte === value)
}

if (isMainThread) {
  const buffer = new SecureBuffer(LARGE.length)
  buffer.write(new Uint8Array(SMALL.length).fill(SMALL.value))
  const string = SecureString.fromBytes(new Uint8Array(LARGE.length).fill(LARGE.value))
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { buffer: buffer.share(), string: string.share(), stop },
  })
  await new Promise((resolve) => worker.once('message', resolve))
  const looks: Record<string, () => boolean> = {
    use: () => buffer.use(whole),
    asSlice: () => whole(buffer.asSlice()),
    read: () => {
      const into = new Uint8Array(LARGE.length)
      return whole(into.subarray(0, buffer.read(into)))
    },
    // A slice without an end is of as many bytes as there are.
    slice: () => {
      using all = string.slice()
      return all.use((bytes) => bytes.every((byte) => byte === LARGE.value))
    },
  }
  const until = Date.now() + Number(process.argv[2]) * 1000
  const counts = Object.fromEntries(Object.keys(looks).map((name) => [name, { calls: 0, torn: 0 }]))
  const lengths = new Set<number>()
  while (Date.now() < until) {
    for (const [name, look] of Object.entries(looks)) {
      const count = counts[name]
      if (count === undefined) continue
      count.calls += 1
      if (!look()) count.torn += 1
    }
    lengths.add(buffer.len())
    if (!(await buffer.useAsync(async (bytes) => whole(bytes)))) throw new Error('torn in useAsync()')
  }
  Atomics.store(stop, 0, 1)
  const replaced = await new Promise((resolve) => worker.once('message', resolve))
  report({ counts, lengths: lengths.size, replaced })
} else {
  const { parentPort } = await import('node:worker_threads')
  const buffer = SecureBuffer.open(workerData.buffer)
  const string = SecureString.open(workerData.string)
  const contents = [SMALL, LARGE].map(({ value, length }) => new Uint8Array(length).fill(value))
  parentPort?.postMessage('ready')
  let replaced = 0
  while (Atomics.load(workerData.stop as Int32Array, 0) === 0) {
    for (const content of contents) buffer.write(content)
    string.truncate(1)
    string.push(new Uint8Array(LARGE.length).fill(LARGE.value))
    replaced += 2
  }
  parentPort?.postMessage(replaced)
}
