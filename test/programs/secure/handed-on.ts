// Hands lent memory to an operation that goes on after the function has returned, and uses another secret meanwhile:
// `handed-on <way>`. One thread does all such operations, and is kept busy until all of them have been handed over.
import { pbkdf2 } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync, promises, readFile, readFileSync, read as readInto, write, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { constants, createDeflateRaw, inflateRawSync } from 'node:zlib'
import { lockedPoolStats, SecureBuffer, secureAllocator, zeroAfterFreeAllocator } from 'bitcoin-support'
import { collect } from '../../support/collect.js'
import { report } from './report.js'

const [, , way = '', folder = ''] = process.argv
const SIZE = 8192
const one = new SecureBuffer(SIZE)
one.fill(0x41)
const other = new SecureBuffer(SIZE)
other.fill(0x42)
const file = join(folder, 'handed-on')
writeFileSync(file, new Uint8Array(SIZE).fill(0x43))

/** Keeps the only thread busy. */
function occupy(): Promise<unknown> {
  return promisify(pbkdf2)('x', 'x', 400_000, 32, 'sha512')
}

/** Uses the other secret for so long that what was handed on is through with it. */
function useOther(): boolean {
  let whole = true
  for (let i = 0; i < 6; i++) {
    whole &&= other.use((bytes) => {
      bytes[0] = 0x42
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, i === 0 ? 2500 : 1)
      return bytes.every((byte) => byte === 0x42)
    })
  }
  return whole
}

/** What was written, by value. */
function valuesIn(bytes: Uint8Array): number[] {
  return [...new Set(bytes)]
}

const ways: Record<string, () => Promise<unknown>> = {
  'fs.write': async () => {
    const fd = openSync(file, 'w')
    const busy = occupy()
    const written = one.use((bytes) => promisifyLater((done) => write(fd, bytes, done)))
    const whole = useOther()
    await Promise.all([busy, written.promise])
    closeSync(fd)
    return { whole, values: valuesIn(readFileSync(file)) }
  },
  'a file handle': async () => {
    const handle = await promises.open(file, 'w')
    const busy = occupy()
    const pending: Promise<unknown>[] = []
    one.use((bytes) => {
      pending.push(handle.write(bytes))
    })
    const whole = useOther()
    await Promise.all([busy, ...pending])
    await handle.close()
    return { whole, values: valuesIn(readFileSync(file)) }
  },
  'fs.read': async () => {
    const fd = openSync(file, 'r')
    const busy = occupy()
    const done = one.use((bytes) => promisifyLater((end) => readInto(fd, bytes, 0, SIZE, 0, end)))
    const whole = useOther()
    await Promise.all([busy, done.promise])
    closeSync(fd)
    return { whole, values: [0] }
  },
  'a stream of zlib': async () => {
    const stream = createDeflateRaw({ flush: constants.Z_SYNC_FLUSH })
    const chunks: Uint8Array[] = []
    stream.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    const busy = occupy()
    one.use((bytes) => {
      stream.write(bytes)
    })
    const whole = useOther()
    await busy
    stream.end()
    await once(stream, 'end')
    return { whole, values: valuesIn(inflateRawSync(Buffer.concat(chunks))) }
  },
  'a socket': async () => {
    // What the system's buffers do not take waits in libuv.
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
    const accepted = new Promise<import('node:net').Socket>((resolve) => server.once('connection', resolve))
    await new Promise((resolve) => server.once('listening', resolve))
    const socket = connect((server.address() as import('node:net').AddressInfo).port, '127.0.0.1')
    const peer = await accepted
    if (socket.connecting) await once(socket, 'connect')
    const filler = new Uint8Array(1 << 20).fill(0x44)
    while (socket.writableLength === 0) socket.write(filler)
    const left = socket.writableLength
    one.use((bytes) => {
      socket.write(bytes)
    })
    const whole = useOther()
    const values = new Set<number>()
    peer.on('data', (chunk) => {
      for (const byte of chunk) values.add(byte)
    })
    peer.resume()
    // Node itself never ends a write of bytes that have been taken away.
    await new Promise((resolve) => setTimeout(resolve, 500))
    socket.destroy()
    peer.destroy()
    server.close()
    values.delete(0x44)
    return { whole, values: [...values], waited: left > 0 }
  },
  useAsync: async () => {
    const fd = openSync(file, 'w')
    const busy = occupy()
    const written = one.useAsync((bytes) => promisify(write)(fd, bytes))
    const whole = useOther()
    await Promise.all([busy, written])
    closeSync(fd)
    return { whole, values: valuesIn(readFileSync(file)) }
  },
  'useAsync that does not wait': async () => {
    const fd = openSync(file, 'w')
    const busy = occupy()
    const pending: Promise<unknown>[] = []
    await one.useAsync(async (bytes) => {
      pending.push(promisify(write)(fd, bytes))
    })
    const whole = useOther()
    await Promise.all([busy, ...pending])
    closeSync(fd)
    return { whole, values: valuesIn(readFileSync(file)) }
  },
  secureAllocator: async () => {
    const fd = openSync(file, 'w')
    const memory = secureAllocator.allocate(SIZE).fill(0x41)
    const busy = occupy()
    const written = promisifyLater((done) => write(fd, memory, done))
    secureAllocator.deallocate(memory.subarray(1, 2))
    const next = secureAllocator.allocate(SIZE).fill(0x42)
    const whole = useOther() && next.every((byte) => byte === 0x42) && memory.length === 0
    await Promise.all([busy, written.promise])
    closeSync(fd)
    secureAllocator.deallocate(next)
    return { whole, values: valuesIn(readFileSync(file)) }
  },
  zeroAfterFreeAllocator: async () => {
    const fd = openSync(file, 'w')
    const memory = zeroAfterFreeAllocator.allocate(SIZE).fill(0x41)
    const busy = occupy()
    const written = promisifyLater((done) => write(fd, memory, done))
    zeroAfterFreeAllocator.deallocate(memory.subarray(1, 2))
    const next = zeroAfterFreeAllocator.allocate(SIZE).fill(0x42)
    const whole = useOther() && next.every((byte) => byte === 0x42) && memory.length === 0
    await Promise.all([busy, written.promise])
    closeSync(fd)
    zeroAfterFreeAllocator.deallocate(next)
    return { whole, values: valuesIn(readFileSync(file)) }
  },
}

/** Begins something and gives its promise in an object: use() refuses a promise. */
function promisifyLater(begin: (done: (error: Error | null) => void) => void): { promise: Promise<void> } {
  const promise = new Promise<void>((resolve, reject) => {
    begin((error) => (error === null ? resolve() : reject(error)))
  })
  return { promise }
}

// The thread's pages are there before.
one.use(() => {})
await promisify(readFile)(file)
const before = lockedPoolStats()
const result = await ways[way]?.()
await collect()
const after = lockedPoolStats()
report({ way, result, left: { used: after.used - before.used, total: after.total - before.total } })
