// Tries all ways to move lent memory elsewhere, and reports for each what Node and use() say, and what arrived.
import { MessageChannel, markAsUntransferable, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { lockedPoolStats, SecureBuffer, secureAllocator, zeroAfterFreeAllocator } from 'bitcoin-support'
import { moveMemory } from '../../support/move-memory.js'
import { report } from './report.js'

type Bytes = Uint8Array<ArrayBuffer>
type Way = (lent: Bytes) => Uint8Array | undefined

function post(value: unknown, transfer: ArrayBuffer[]): unknown {
  const { port1, port2 } = new MessageChannel()
  try {
    port1.postMessage(value, transfer)
    return receiveMessageOnPort(port2)?.message
  } finally {
    port1.close()
  }
}

function call(name: 'transfer' | 'transferToFixedLength', { buffer }: Bytes): Uint8Array | undefined {
  const method = (buffer as unknown as Record<string, (() => ArrayBuffer) | undefined>)[name]
  return method && new Uint8Array(method.call(buffer))
}

const ways: Record<string, Way> = {
  'structuredClone of bytes': (lent) => structuredClone(lent, { transfer: [lent.buffer] }),
  'structuredClone of buffer': ({ buffer }) => new Uint8Array(structuredClone(buffer, { transfer: [buffer] })),
  'structuredClone of another': (lent) => {
    structuredClone({}, { transfer: [lent.buffer] })
    return lent
  },
  postMessage: (lent) => post(lent, [lent.buffer]) as Uint8Array,
  'postMessage of Buffer': (lent) => post(Buffer.from(lent.buffer, 0, lent.length), [lent.buffer]) as Uint8Array,
  workerData: (lent) => {
    void new Worker('', { eval: true, workerData: lent, transferList: [lent.buffer] }).terminate()
    return lent
  },
  'method transfer': (lent) => call('transfer', lent),
  'method transferToFixedLength': (lent) => call('transferToFixedLength', lent),
  'transfer of ArrayBuffer.prototype': moveMemory,
  'byte stream': (lent) => {
    let controller: ReadableByteStreamController | undefined
    const stream = new ReadableStream({
      type: 'bytes',
      start: (given) => {
        controller = given
      },
    })
    controller?.enqueue(lent)
    void stream.cancel()
    return lent
  },
  // They copy, as slice() does.
  'structuredClone that copies': (lent) => structuredClone(lent),
  'postMessage that copies': (lent) => post(lent, []) as Uint8Array,
  mark: (lent) => {
    markAsUntransferable(lent.buffer)
    return lent
  },
}

async function nameOf(tried: () => unknown): Promise<string> {
  try {
    await tried()
    return 'none'
  } catch (error) {
    return (error as Error).name
  }
}

function attempt(way: Way) {
  const seen = { node: 'none', kept: false, received: undefined as Uint8Array | undefined }
  const borrow = (lent: Uint8Array) => {
    try {
      seen.received = way(lent as Bytes)
    } catch (error) {
      seen.node = (error as Error).name
    }
    seen.kept = lent.length === 32
  }
  return { seen, borrow }
}

using buffer = new SecureBuffer(32)
buffer.fill(7)
buffer.use(() => {})
for (const [how, way] of Object.entries(ways)) {
  const { used } = lockedPoolStats()
  const once = attempt(way)
  const use = await nameOf(() => buffer.use(once.borrow))
  const later = attempt(way)
  const useAsync = await nameOf(() => buffer.useAsync(async (lent) => later.borrow(lent)))
  const { node, kept, received } = once.seen
  report({
    how,
    node: node === later.seen.node ? node : 'another in useAsync',
    use: use === useAsync ? use : 'another in useAsync',
    kept,
    found: [received, later.seen.received].some((bytes) => bytes?.[0] === 7),
    // What has been refused goes back at once.
    back: !kept || lockedPoolStats().used === used,
  })
}

// Whoever marks what an allocator gave can give it back.
for (const allocator of [secureAllocator, zeroAfterFreeAllocator]) {
  const bytes = allocator.allocate(64)
  markAsUntransferable(bytes.buffer)
  allocator.deallocate(bytes)
  report({ marked: bytes.length })
}
