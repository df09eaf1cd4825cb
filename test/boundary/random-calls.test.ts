// Random calls in random order, right and wrong, while connections are served: see random-run.ts.
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { runRandomCalls } from './random-run.js'

const STEPS = 10_000
/** A slow machine does fewer. */
const TIME_LIMIT_MS = 12_000

/** BOUNDARY_SEEDS=100-199 tries others, as many as one has time for. `npm run soak` takes new ones. */
const [FIRST = 1, LAST = FIRST] = (process.env.BOUNDARY_SEEDS ?? '1-4').split('-').map(Number)
const SEEDS = Array.from({ length: LAST - FIRST + 1 }, (_, i) => FIRST + i)

describe('boundary: random calls', function () {
  this.timeout(60_000)
  checkLiveCountsAfterEach()

  for (const seed of SEEDS) {
    it(`crash nothing, leak nothing and fail as documented (seed ${seed})`, async () => {
      // After a crash nothing is said any more.
      console.log(`      seed ${seed}`)
      await runRandomCalls(seed, { steps: STEPS, ms: TIME_LIMIT_MS })
    })
  }
})
