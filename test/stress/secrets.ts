// `npm run stress:secrets -- <seconds>`: workers replace, look at, lend, hand on, share, revoke, grow and destroy secrets
// that they have in common, and are terminated at any moment. The bytes of a content say which buffer and version it is, and
// how long it has to be, so a torn or misplaced one shows. Prints figures; the exit code is 1 when something was wrong.
import { mkdtempSync, openSync, readFileSync, rmSync, write } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import {
  lockedPoolStats,
  SecureBuffer,
  type SecureBufferToken,
  SecureMemoryError,
  SecureString,
  secureAllocator,
} from 'bitcoin-support'

const BUFFERS = 8
const VERSIONS = 16
const CAPACITY = 8192
const WORKERS = 4

/** What a worker has been doing; the last ones are what must stay 0. */
const COUNTS = [
  'replaced',
  'seen',
  'lent',
  'lentAsync',
  'handedOn',
  'shared',
  'revoked',
  'destroyed',
  'refused',
] as const
const FAULTS = ['torn', 'misplaced', 'lost', 'other'] as const
type Count = (typeof COUNTS)[number] | (typeof FAULTS)[number]
const PLACES = new Map([...COUNTS, ...FAULTS].map((name, place) => [name, place] as const))

/** Of all threads. */
const counts = new Int32Array(
  isMainThread ? new SharedArrayBuffer(4 * PLACES.size) : (workerData.counts as SharedArrayBuffer),
)

function count(name: Count): void {
  Atomics.add(counts, PLACES.get(name) as number, 1)
}

function random(below: number): number {
  return Math.floor(Math.random() * below)
}

const lengthOf = (value: number) => 1 + ((value * 2654435761) % CAPACITY)
const contentOf = (owner: number, version: number) => {
  const value = (owner + 1) * VERSIONS + version
  return new Uint8Array(lengthOf(value)).fill(value)
}

/** Counts what is wrong with a content of a buffer. */
function check(owner: number, bytes: Uint8Array): void {
  const value = bytes[0]
  if (value === undefined) return
  if (!bytes.every((byte) => byte === value)) count('torn')
  else if (Math.floor(value / VERSIONS) !== owner + 1) count('misplaced')
  else if (bytes.length !== lengthOf(value)) count('torn')
  count('seen')
}

/** Does something that fails, as it must, when another thread has destroyed the buffer. */
async function attempt(call: () => unknown): Promise<void> {
  try {
    await call()
  } catch (error) {
    if (error instanceof SecureMemoryError) return count('refused')
    count('other')
    console.error(error)
  }
}

async function work(): Promise<void> {
  const buffers: (SecureBuffer | undefined)[] = []
  const strings: SecureString[] = (workerData.strings as SecureBufferToken[]).map((token) => SecureString.open(token))
  parentPort?.on('message', ([owner, token]: [number, SecureBufferToken]) => {
    attempt(() => {
      buffers[owner] = SecureBuffer.open(token)
    })
  })
  const file = openSync(join(workerData.folder as string, `handed-on-${workerData.number}`), 'w+')
  const path = join(workerData.folder as string, `handed-on-${workerData.number}`)

  const acts: ((owner: number, buffer: SecureBuffer) => unknown)[] = [
    (owner, buffer) => {
      buffer.write(contentOf(owner, random(VERSIONS)))
      count('replaced')
    },
    (owner, buffer) => {
      buffer.use((bytes) => check(owner, bytes))
      count('lent')
    },
    (owner, buffer) => {
      if (!buffer.isEmpty()) check(owner, buffer.asSlice())
    },
    (owner, buffer) => {
      const into = new Uint8Array(CAPACITY)
      check(owner, into.subarray(0, buffer.read(into)))
    },
    async (owner, buffer) => {
      await buffer.useAsync(async (bytes) => {
        check(owner, bytes)
        await delay(0)
        check(owner, bytes)
      })
      count('lentAsync')
    },
    // A token that is opened, one that is taken back, one that is left.
    (owner, buffer) => {
      using same = SecureBuffer.open(buffer.share())
      same.use((bytes) => check(owner, bytes))
      if (!SecureBuffer.revoke(buffer.share())) count('refused')
      buffer.share()
      count('shared')
      count('revoked')
    },
    // Buffers of its own: given back, dropped, of pages of their own.
    (owner) => {
      for (const capacity of [1, 32, 1000, 20_000, 300_000]) {
        const own = new SecureBuffer(capacity)
        own.fill(owner + 1)
        if (own.asSlice().some((byte) => byte !== owner + 1)) count('misplaced')
        if (random(2) === 0) own.destroy()
      }
      const memory = secureAllocator.allocate(100)
      if (memory.some((byte) => byte !== 0)) count('misplaced')
      memory.fill(owner + 1)
      if (random(2) === 0) secureAllocator.deallocate(memory)
      count('destroyed')
    },
    // The write goes on when the function has returned: it finds the content, or zeros.
    async (owner, buffer) => {
      const { done, length } = buffer.use((bytes) => ({
        length: bytes.length,
        done: new Promise<void>((resolve) => write(file, bytes, 0, bytes.length, 0, () => resolve())),
      }))
      buffers[(owner + 1) % BUFFERS]?.use((bytes) => check((owner + 1) % BUFFERS, bytes))
      await done
      const written = readFileSync(path).subarray(0, length)
      for (const value of new Set(written)) {
        if (value !== 0 && Math.floor(value / VERSIONS) !== owner + 1) count('misplaced')
      }
      count('handedOn')
    },
    // Strings that grow where others have them too; each is of one character.
    (owner) => {
      const string = strings[owner % strings.length]
      if (string === undefined) return
      const letter = 0x61 + (owner % strings.length)
      string.push(new Uint8Array(random(300)).fill(letter))
      using part = string.slice()
      part.use((bytes) => {
        if (bytes.some((byte) => byte !== letter)) count('misplaced')
      })
      if (string.length > 20_000) string.truncate(0)
    },
  ]
  for (;;) {
    for (let i = 0; i < 50; i++) {
      const owner = random(BUFFERS)
      const buffer = buffers[owner]
      const act = acts[random(acts.length)]
      if (buffer !== undefined && act !== undefined) await attempt(() => act(owner, buffer))
    }
    await delay(0)
  }
}

async function direct(seconds: number): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'stress-secrets-'))
  const collect = async () => {
    for (let i = 0; i < 8; i++) {
      globalThis.gc?.()
      await delay(1)
    }
  }
  SecureBuffer.random(32).use(() => {})
  await collect()
  const before = lockedPoolStats()
  const strings = Array.from({ length: 3 }, () => SecureString.default())
  const buffers = Array.from({ length: BUFFERS }, () => new SecureBuffer(CAPACITY))
  for (const [owner, buffer] of buffers.entries()) buffer.write(contentOf(owner, 0))
  const workers: Worker[] = []
  let started = 0
  let died = 0
  let most = 0
  const start = (place: number) => {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { counts: counts.buffer, folder, number: started, strings: strings.map((string) => string.share()) },
    })
    worker.on('error', (error) => {
      died += 1
      console.error(error)
    })
    started += 1
    workers[place] = worker
    for (const [owner, buffer] of buffers.entries()) worker.postMessage([owner, buffer.share()])
  }
  for (let place = 0; place < WORKERS; place++) start(place)
  const until = Date.now() + seconds * 1000
  while (Date.now() < until) {
    await delay(50 + random(300))
    most = Math.max(most, lockedPoolStats().total)
    if (random(3) === 0) {
      const place = random(WORKERS)
      await workers[place]?.terminate()
      start(place)
    } else {
      // For all who have it, at any moment.
      const owner = random(BUFFERS)
      buffers[owner]?.destroy()
      const next = new SecureBuffer(CAPACITY)
      next.write(contentOf(owner, random(VERSIONS)))
      buffers[owner] = next
      for (const worker of workers) worker.postMessage([owner, next.share()])
    }
  }
  await Promise.all(workers.map((worker) => worker.terminate()))
  for (const buffer of buffers) {
    if (!buffer.isValid()) count('lost')
    buffer.destroy()
  }
  for (const string of strings) string.destroy()
  await collect()
  const after = lockedPoolStats()
  rmSync(folder, { recursive: true, force: true })
  const figures = Object.fromEntries([...PLACES].map(([name, place]) => [name, Atomics.load(counts, place)]))
  const left = {
    used: after.used - before.used,
    total: after.total - before.total,
    chunks: after.chunks_used - before.chunks_used,
  }
  console.log(JSON.stringify({ seconds, workers: started, died, most, left, ...figures }))
  return died === 0 && left.used === 0 && FAULTS.every((name) => figures[name] === 0)
}

if (isMainThread) {
  const seconds = Number(process.argv[2] ?? 600)
  process.exitCode = (await direct(seconds)) ? 0 : 1
} else {
  await work()
}
