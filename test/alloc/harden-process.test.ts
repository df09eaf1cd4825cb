import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { purgeOnSignals, purgeSecrets, SecureBuffer, SecureString } from 'bitcoin-support'
import { expect } from 'chai'
import { thrownBy } from '../support/errors.js'
import { checkLiveCounts } from '../support/live-counts.js'
import { asNobody } from '../support/nobody.js'
import { runSecureProgram } from '../support/secure-program.js'

describe('hardenProcess', () => {
  checkLiveCounts()

  it('allows no core files and makes the process not dumpable', async () => {
    const { uid, command } = asNobody()
    const result = await runSecureProgram('harden', [], ['prlimit', '--core=1048576:1048576', ...command])
    expect(result, result.stderr).to.include({ code: 0, signal: null })
    expect(result.facts).to.deep.equal([
      { before: { soft: '1048576', hard: '1048576', owner: uid } },
      { after: { soft: '0', hard: '0', owner: 0 } },
    ])
  })

  it('leaves no core behind when the process crashes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hardened-'))
    try {
      const inFolder = ['prlimit', '--core=unlimited', 'env', '-C', folder]
      const result = await runSecureProgram('harden', ['abort'], inFolder)
      expect(result.signal).to.equal('SIGABRT')
      expect(readdirSync(folder)).to.deep.equal([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('purgeSecrets', () => {
  checkLiveCounts()

  it('makes every secret invalid, and those that are made later are as good as before', () => {
    const buffer = SecureBuffer.random(32)
    const string = SecureString.fromHeapString('passphrase')
    purgeSecrets()
    expect([buffer.isValid(), buffer.len(), buffer.isEmpty(), string.disposed, string.length]).to.deep.equal([
      false,
      0,
      true,
      true,
      0,
    ])
    expect(thrownBy(() => buffer.clear())).to.include({ code: 'ERR_SECURE_MEMORY' })
    expect(thrownBy(() => string.push(new Uint8Array(1)))).to.include({ code: 'ERR_SECURE_MEMORY' })
    buffer.destroy()
    string.dispose()
    using later = SecureBuffer.random(32)
    expect([later.isValid(), later.len(), later.integrityCheck()]).to.deep.equal([true, 32, true])
  })
})

describe('purgeOnSignals', () => {
  for (const signals of [['SIGKILL'], ['SIGSTOP'], ['SIGNONE'], ['toString']] as unknown as NodeJS.Signals[][]) {
    it(`refuses ${signals}`, () => {
      expect(thrownBy(() => purgeOnSignals(signals))).to.be.an.instanceOf(RangeError)
    })
  }

  it('leaves alone a signal that is ignored', () => {
    // Node itself ignores it; being asked changes nothing for the process that runs these tests.
    expect(constants.signals.SIGPIPE).to.be.a('number')
    purgeOnSignals(['SIGPIPE'])
    using buffer = SecureBuffer.random(8)
    process.kill(process.pid, 'SIGPIPE')
    expect(buffer.isValid()).to.equal(true)
  })
})
