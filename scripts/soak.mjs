// Random calls under AddressSanitizer: `node scripts/soak.mjs [seconds] [first seed]`. Each process has a seed of its own and few
// descriptors. One that fails or hangs is reported with its seed and its output. The same seed does the same again, as far as the
// network and the clock allow: `node scripts/soak.mjs 20 <seed>`.
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { fail, root } from './lib/run.mjs'

const DEFAULT_SECONDS = 60
/** How long one process goes on. */
const RUN_MS = 20_000
/** A process that has not ended by then never will. Instrumented code on a busy machine is slow. */
const HANG_MS = RUN_MS + 180_000
/** Few enough to be exhausted in no time. */
const DESCRIPTORS = 200

const [seconds = DEFAULT_SECONDS, firstSeed] = process.argv.slice(2).map(Number)
if (!(seconds > 0)) fail('How many seconds is a number above 0: use npm run soak -- 600.')

/** Its output, and how it ended: `fine`, `failed` or `hung`. */
function runSeed(seed, ms) {
  const program = join(root, 'out', 'test', 'programs', 'random-calls.js')
  const node = `exec "$0" "$@"`
  const child = spawn(
    '/bin/sh',
    [
      '-c',
      `ulimit -n ${DESCRIPTORS}; ${node}`,
      process.execPath,
      join(root, 'scripts', 'with-asan.mjs'),
      program,
      seed,
      ms,
    ].map(String),
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  )
  let output = ''
  let hung = false
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  const watchdog = setTimeout(() => {
    hung = true
    // The whole group: the program runs under another process.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }, HANG_MS)
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(watchdog)
      resolve({ seed, output, end: hung ? 'hung' : code === 0 ? 'fine' : 'failed' })
    })
  })
}

const deadline = performance.now() + seconds * 1000
const bad = []
let runs = 0
let steps = 0
for (let seed = firstSeed ?? randomInt(2 ** 31); performance.now() < deadline; seed = firstSeed ?? randomInt(2 ** 31)) {
  const ms = Math.min(RUN_MS, Math.max(1000, Math.ceil(deadline - performance.now())))
  console.log(`seed ${seed}`)
  const { output, end } = await runSeed(seed, ms)
  runs += 1
  steps += Number(output.match(/: (\d+) steps/)?.[1] ?? 0)
  if (end === 'fine') continue
  bad.push(seed)
  console.log(`${output}\nseed ${seed} has ${end}`)
}
console.log(`${runs} runs, ${steps} steps, ${bad.length === 0 ? 'all fine' : `bad seeds: ${bad.join(' ')}`}`)
process.exitCode = bad.length === 0 ? 0 : 1
