// Random calls in a process of their own, for `npm run soak`: random-calls.js <seed> <ms>.
import { EventBase } from 'bitcoin-support'
import { runRandomCalls } from '../boundary/random-run.js'
import { native } from '../support/internals.js'

const [seed = 1, ms = 10_000] = process.argv.slice(2).map(Number)
const steps = await runRandomCalls(seed, { steps: Number.POSITIVE_INFINITY, ms })
const live = native.listLive()
if (live.length > 0) throw new Error(`${live.length / 3} handles have stayed: ${live.join(' ')}`)
if (EventBase.live() !== 0) throw new Error('a base has stayed')
console.log(`seed ${seed}: ${steps} steps`)
