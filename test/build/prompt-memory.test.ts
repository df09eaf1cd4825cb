// Nothing that is typed at a prompt stays in the process's memory, on each supported Node.
import { randomInt } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { installNodeVersions, nodeBinary, SUPPORTED } from '../support/node-versions.js'
import { runAtTerminal, type Step } from '../support/terminal.js'

/** 32 letters that are nowhere else, and their disguise. */
function newSecret(key: number) {
  const letters = Array.from({ length: 32 }, () => randomInt(0x61, 0x7b))
  return {
    letters: Buffer.from(letters),
    disguised: Buffer.from(letters.map((letter) => letter ^ key)).toString('hex'),
  }
}

describe('a secret that was typed', function () {
  this.timeout(300_000)

  let folder: string
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'prompts-'))
    await installNodeVersions()
  })
  after(() => rmSync(folder, { recursive: true }))

  for (const [alias, range] of Object.entries(SUPPORTED)) {
    for (const way of ['typed', 'pasted with more behind it']) {
      it(`${way}: is in locked memory alone, and in no core afterwards, on Node ${range}`, async () => {
        // Above all letters, so that the disguise is none.
        const key = 0x80 + randomInt(0x80)
        const secret = newSecret(key)
        const control = newSecret(key)
        const core = join(folder, `${alias}-${way.length}`)
        const text = secret.letters.toString()
        const steps: Step[] =
          way === 'typed'
            ? [...text].map((letter, i): Step => [i === 0 ? 'Secret: ' : '', letter]).concat([['', '\r']])
            : [['Secret: ', `${text}\rnext line\r`]]
        const args = [secret.disguised, `${key}`, control.disguised, core]
        const { code, shown, facts } = await runAtTerminal(
          'prompt-memory',
          args,
          steps,
          nodeBinary(alias as keyof typeof SUPPORTED),
        )
        expect(shown).to.not.include(text)
        expect(facts).to.deep.equal([{ length: 32, held: 1, left: 0, control: 1, kept: 32, gdb: 0 }])
        expect(code).to.equal(0)
        const dumped = readFileSync(core)
        expect([dumped.includes(control.letters), dumped.includes(secret.letters)]).to.deep.equal([true, false])
        rmSync(core)
      })
    }
  }
})
