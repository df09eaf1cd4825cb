// Mocha's spec reporter. When MOCHA_TOTALS names a file, it also writes the totals there after every test, so that they show a
// run that crashed half-way, and the names of what failed.
import { writeFileSync } from 'node:fs'
import Mocha from 'mocha'

const { EVENT_RUN_BEGIN, EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PASS } = Mocha.Runner.constants

export default class extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    const file = process.env.MOCHA_TOTALS
    if (!file) return
    const failed = []
    const write = (ended) => {
      const { passes = 0, failures = 0, pending = 0 } = this.stats
      writeFileSync(file, JSON.stringify({ passes, failures, pending, ended, failed }))
    }
    runner.on(EVENT_TEST_FAIL, (test, error) => failed.push(`${test.fullTitle()}: ${summary(error)}`))
    for (const event of [EVENT_RUN_BEGIN, EVENT_TEST_PASS, EVENT_TEST_FAIL]) runner.on(event, () => write(false))
    runner.on(EVENT_RUN_END, () => write(true))
  }
}

/** The beginning of what an error says, on one line. */
function summary(error) {
  return String(error?.message ?? error)
    .replace(/\s+/g, ' ')
    .slice(0, 500)
}
