// Asks twice at a terminal, and tells what it was told; then whether the terminal is as it was.
import { createHash } from 'node:crypto'
import { SecureString } from 'bitcoin-support'
import { tell } from './tell.js'

// Keeps the process until the signal, which comes in a turn of the loop.
const waiting = setInterval(() => {}, 1000)
process.on('SIGINT', () => {
  clearInterval(waiting)
  tell({ interrupted: true })
})

const digest = (string: SecureString) => string.use((bytes) => createHash('sha256').update(bytes).digest('hex'))

for (const prompt of ['First: ', 'Second: ']) {
  using answer = await SecureString.prompt({ prompt })
  tell({ prompt, length: answer.length, sha256: digest(answer), raw: process.stdin.isRaw })
}
const end = await SecureString.prompt({ prompt: 'End: ' }).catch((error: NodeJS.ErrnoException) => error.code)
tell({ end: typeof end === 'string' ? end : end?.length })
