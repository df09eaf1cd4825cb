// purgeOnSignals() beside other handlers of the same signal.
import { expect } from 'chai'
import { runSecureProgram } from '../support/secure-program.js'

const GONE = { arrived: 0, valid: false }

/** What the program reports between its begin and its end. */
const CASES: Record<string, readonly object[]> = {
  // The control.
  'no purge': [{ arrived: 1, valid: true }],
  'a listener before': [GONE],
  'a listener after': [GONE],
  'a listener added and removed': [GONE],
  'asked twice': [GONE],
  'an event after': [GONE],
  'an event before': [GONE],
  'a second signal': [GONE, { before: 1 }, GONE],
}

describe('purgeOnSignals', () => {
  for (const [name, reported] of Object.entries(CASES)) {
    it(`wipes before who listens hears of it: ${name}`, async () => {
      const { code, signal, facts, stderr } = await runSecureProgram('signals', [name])
      expect({ code, signal }, stderr).to.deep.equal({ code: 0, signal: null })
      expect(facts).to.deep.equal([{ before: 1 }, ...reported, { end: true }])
    })
  }

  for (const name of ['a listener that has gone', 'an event that has gone']) {
    it(`leaves the signal what it does by default: ${name}`, async () => {
      const { code, signal, facts, stderr } = await runSecureProgram('signals', [name])
      expect({ code, signal }, stderr).to.deep.equal({ code: null, signal: 'SIGTERM' })
      expect(facts).to.deep.equal([{ before: 1 }])
    })
  }
})
