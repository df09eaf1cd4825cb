// Run by lifecycle/exit.test.ts: brings handles to the stage of life that its first argument names, and ends in the way that the
// second one names. What happens is told on standard output.
import { writeSync } from 'node:fs'
import { reach, STAGE_ENDINGS } from '../support/life-stages/live.js'

function say(line: string): void {
  writeSync(1, `${line}\n`)
}

const [, , stage = '', ending = ''] = process.argv
const held: unknown[] = []
process.on('exit', (code) => {
  say(`exit ${code}`)
  // Until the process ends: V8 would drop what nothing uses any more.
  held.length = 0
})
const { base } = await reach(stage, held)
say('reached')
STAGE_ENDINGS[ending as keyof typeof STAGE_ENDINGS](base)
