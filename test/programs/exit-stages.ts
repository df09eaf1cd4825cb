// Run by lifecycle/exit.test.ts: brings handles to the stage of life that the first argument names, and ends in the way that the
// second one names. It reports to standard output.
import { writeSync } from 'node:fs'
import { reach, STAGE_ENDINGS } from '../support/life-stages/live.js'

function say(line: string): void {
  writeSync(1, `${line}\n`)
}

const [, , stage = '', ending = ''] = process.argv
process.on('exit', (code) => say(`exit ${code}`))
// Until the process ends: nothing else keeps a variable when the module's code has run.
const held: unknown[] = []
Object.assign(globalThis, { held })
const { base } = await reach(stage, held)
say('reached')
STAGE_ENDINGS[ending as keyof typeof STAGE_ENDINGS](base)
