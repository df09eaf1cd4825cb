import { expect } from 'chai'
import { itPassesTestsOf, runTest } from '../support/native-program.js'

/** The tests whose process does not survive, and the signal that ends it. */
const fatal = {
  "slot pool: one byte past a buffer's end aborts at its destroy": 'SIGABRT',
  "slot pool: one byte past a large buffer's end aborts at its destroy": 'SIGABRT',
  'slot pool: one byte past a large buffer of whole words meets the guard page': 'SIGSEGV',
  'slot pool: one byte before a large buffer meets the guard page': 'SIGSEGV',
  'slot pool: an overrun of an arena meets the guard page at its end': 'SIGSEGV',
  'slot pool: an underrun of an arena meets the guard page at its start': 'SIGSEGV',
}

describe('the native tests: slot pool', () => {
  itPassesTestsOf('slot pool', (name) => name in fatal)

  for (const [name, signal] of Object.entries(fatal)) {
    it(name.replace('slot pool: ', ''), async () => {
      const { code, signal: ending, stdout, stderr } = await runTest(name)
      expect({ code, ending, stdout, stderr }).to.deep.equal({
        code: null,
        ending: signal,
        stdout: '',
        stderr: signal === 'SIGABRT' ? 'secure memory: a buffer was written past its end\n' : '',
      })
    })
  }
})
