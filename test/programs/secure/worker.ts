// A worker that does with secure buffers what messages ask for.
import { parentPort } from 'node:worker_threads'
import { lockedPoolStats, SecureBuffer, type SecureBufferToken, type SecureMemoryError } from 'bitcoin-support'

const owned: SecureBuffer[] = []

const orders: Record<string, (token: SecureBufferToken) => unknown> = {
  open: (token) => {
    const buffer = SecureBuffer.open(token)
    owned.push(buffer)
    return buffer.len()
  },
  revoke: (token) => SecureBuffer.revoke(token),
  read: () => owned.at(-1)?.use((bytes) => [...bytes]),
  write: () => owned.at(-1)?.write(Uint8Array.of(4, 5, 6)),
  isValid: () => owned.at(-1)?.isValid(),
  destroy: () => owned.at(-1)?.destroy(),
  dispose: () => owned.at(-1)?.[Symbol.dispose](),
  share: () => {
    const buffer = new SecureBuffer(16)
    buffer.write(Uint8Array.of(7, 8, 9))
    owned.push(buffer)
    return buffer.share()
  },
  make: () => {
    for (let i = 0; i < 1000; i++) owned.push(SecureBuffer.random(4096))
    return lockedPoolStats().used
  },
  lend: () => owned.at(-1)?.use(() => process.exit(0)),
  end: () => process.exit(0),
}

parentPort?.on('message', ([order, token]: [string, SecureBufferToken]) => {
  let answer: unknown
  try {
    answer = orders[order]?.(token)
  } catch (error) {
    answer = (error as SecureMemoryError).code
  }
  parentPort?.postMessage({ answer })
})
