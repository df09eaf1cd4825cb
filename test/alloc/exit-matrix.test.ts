// Secure memory is wiped before the process ends, however it ends. An exit handler that runs after the library's searches the
// process's memory for the secret, and for a control that it must find.
import { expect } from 'chai'
import { runSecureProgram } from '../support/secure-program.js'

const ENDS = [
  { end: 'return', code: 0, says: '' },
  { end: 'process.exit', code: 3, says: '' },
  { end: 'throw', code: 1, says: 'thrown on purpose' },
  { end: 'reject', code: 1, says: 'rejected on purpose' },
  { end: 'worker-throw', code: 1, says: 'thrown in the worker' },
  { end: 'worker-process.exit', code: 0, says: '' },
]

describe('the end of a process', () => {
  for (const { end, code, says } of ENDS) {
    it(`leaves no secret: ${end}`, async () => {
      const result = await runSecureProgram('exit', [end])
      expect(result).to.include({ code, signal: null })
      expect(result.stderr).to.include(says)
      expect(result.facts).to.deep.equal([
        { before: [1, 1] },
        { atExit: 'secret', count: 0 },
        { atExit: 'control', count: 1 },
      ])
    })
  }

  it('leaves no secret when a signal comes for which purgeOnSignals() was asked, which still ends the process', async () => {
    const result = await runSecureProgram('exit', ['purge-SIGTERM'])
    expect(result).to.include({ code: null, signal: 'SIGTERM' })
    expect(result.facts).to.deep.equal([{ before: [1, 1] }, { onSignal: 'wiped' }])
  })

  it('is what the test sees: without purgeOnSignals() a signal leaves the secret', async () => {
    const result = await runSecureProgram('exit', ['SIGTERM'])
    expect(result).to.include({ code: null, signal: 'SIGTERM' })
    expect(result.facts).to.deep.equal([{ before: [1, 1] }, { onSignal: 'kept' }])
  })

  it('by a signal is one also when only workers, which have ended, have loaded the library', async () => {
    const result = await runSecureProgram('worker-only')
    expect(result.facts).to.deep.equal(Array(2).fill({ length: 32, total: (256 + 16) * 1024 }))
    expect(result, result.stderr).to.include({ code: null, signal: 'SIGTERM' })
  })
})
