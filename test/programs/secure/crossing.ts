// One of two threads: each is in use() of one buffer, and changes the other's meanwhile.
import { workerData } from 'node:worker_threads'
import { SecureBuffer, type SecureBufferToken } from 'bitcoin-support'

const { tokens, meeting } = workerData as { tokens: readonly SecureBufferToken[]; meeting: Int32Array }
const [own, other] = tokens.map((token) => SecureBuffer.open(token))
if (own === undefined || other === undefined) throw new Error('no buffers')
const THERE = 0
const WRITTEN = 1

/** Waits for the other thread, which is inside its use() then. */
function meet(place: number): void {
  Atomics.add(meeting, THERE, 1)
  while (Atomics.load(meeting, THERE) < 2 * place);
}

let place = 0
const bytes = new Uint8Array(32).fill(1)
for (let i = 0; i < 2000; i++) {
  own.use(() => {
    meet(++place)
    other.write(bytes)
    other.zeroize()
    own.write(bytes)
    Atomics.add(meeting, WRITTEN, 1)
    meet(++place)
  })
}
own.use(() => {
  meet(++place)
  other.destroy()
  meet(++place)
})
