import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { runProgram } from '../support/run-program.js'

const PROGRAM = fileURLToPath(new URL('../programs/workers.js', import.meta.url))

// The cases have to be known before Mocha runs, and they are said where they are.
const list: unknown = JSON.parse(spawnSync(process.execPath, [PROGRAM, '--list'], { encoding: 'utf8' }).stdout)

describe('worker threads', () => {
  it('have cases', () => {
    expect(list).to.be.an('array').that.is.not.empty
  })

  for (const name of list as string[]) {
    it(`${name}`, async () => {
      const { code, signal, stdout, stderr } = await runProgram(process.execPath, [PROGRAM, name])
      expect({ end: signal ?? code, stdout }, stderr).to.deep.equal({ end: 0, stdout: 'as it should be\n' })
    })
  }
})
