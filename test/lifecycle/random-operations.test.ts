import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { runProgram } from '../support/run-program.js'

const PROGRAM = fileURLToPath(new URL('../programs/random-operations.js', import.meta.url))
const SEEDS = 25

describe('random operations while one malloc in twenty fails', () => {
  for (const first of [5001, 6001]) {
    it(`leave nothing behind either, and say so by a code (seeds from ${first} on)`, async function () {
      this.timeout(40_000)
      const args = [PROGRAM, `${first}`, `${SEEDS}`, '20']
      const { code, signal, stdout, stderr } = await runProgram(process.execPath, args)
      expect(signal ?? code, stderr).to.equal(0)
      expect(JSON.parse(stdout).failed).to.be.above(20 * SEEDS)
    })
  }
})

describe('random operations on bases and what lives on them', () => {
  for (const first of [1, 1001, 2001, 3001]) {
    it(`leave nothing behind and nothing waiting (seeds from ${first} on)`, async function () {
      this.timeout(40_000)
      const { code, signal, stdout, stderr } = await runProgram(process.execPath, [PROGRAM, `${first}`, `${SEEDS}`])
      expect(signal ?? code, stderr).to.equal(0)
      const { callbacks, traffic } = JSON.parse(stdout) as {
        callbacks: number
        traffic: { bytes: number; responses: number }
      }
      expect(callbacks).to.be.above(50 * SEEDS)
      expect(traffic.bytes).to.be.above(1000 * SEEDS)
      expect(traffic.responses).to.be.above(0)
    })
  }
})
