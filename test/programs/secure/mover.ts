// A thread that moves locked memory to the main thread, and ends.
import { parentPort, workerData } from 'node:worker_threads'
import { lockedPoolStats, SecureBuffer, secureAllocator } from 'bitcoin-support'
import { moveMemory } from '../../support/move-memory.js'

function post(bytes: Uint8Array): void {
  parentPort?.postMessage(bytes, [bytes.buffer as ArrayBuffer])
}

const ways: Record<string, () => void> = {
  use: () => {
    let bytes: Uint8Array = new Uint8Array()
    try {
      SecureBuffer.random(32).use((lent) => {
        bytes = moveMemory(lent)
      })
    } catch {
      // It must not do that.
    }
    post(bytes)
  },
  'use and exit': () => {
    SecureBuffer.random(32).use((lent) => {
      post(moveMemory(lent))
      process.exit(0)
    })
  },
  allocate: () => post(moveMemory(secureAllocator.allocate(32).fill(5))),
  keep: () => {
    parentPort?.postMessage(SecureBuffer.random(32).use(() => lockedPoolStats().used))
  },
}

ways[workerData as string]?.()
