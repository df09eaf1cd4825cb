// Looks for a secret in a snapshot of V8's heap, where a control has to be found.
import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { getHeapSnapshot } from 'node:v8'
import { SecureBuffer, SecureString } from 'bitcoin-support'
import { report } from './report.js'

// Letters, as a snapshot has strings in the clear; made here, so that no source text has them.
const letters = (length: number) => Uint8Array.from(randomBytes(length), (byte) => 97 + (byte % 26))
const secret = letters(48)
const control = letters(48)
const disguised = secret.map((byte) => byte ^ 0x5a)

const buffer = new SecureBuffer(48)
buffer.write(secret)
const string = SecureString.fromBytes(secret)
secret.fill(0)
const kept = { buffer, string, control: Buffer.from(control).toString() }
Object.assign(globalThis, { kept })

const snapshot = await text(getHeapSnapshot())
// In the clear only now that the snapshot is made.
const plain = Buffer.from(disguised.map((byte) => byte ^ 0x5a)).toString()
report({
  secret: snapshot.includes(plain),
  control: snapshot.includes(kept.control),
  objects: ['SecureBuffer', 'SecureString'].map((name) => snapshot.includes(name)),
  same: [buffer.equals(Buffer.from(plain)), string.equals(Buffer.from(plain))],
})
