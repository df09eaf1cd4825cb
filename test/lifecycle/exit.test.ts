import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { LIFE_STAGES } from '../support/life-stages/index.js'
import { STAGE_ENDINGS } from '../support/life-stages/live.js'
import { runProgram } from '../support/run-program.js'

const PROGRAM = fileURLToPath(new URL('../programs/exit-cases.js', import.meta.url))
const STAGES = fileURLToPath(new URL('../programs/exit-stages.js', import.meta.url))

/** How a case ends: its exit code or signal, what it says, and, if need be, what Node says. */
type Ending = [end: number | NodeJS.Signals, lines: readonly string[], stderr?: RegExp]

const CLEAN: Ending = [0, ['exit 0']]
const EXIT_7: Ending = [7, ['exit 7']]
const BOOM: Ending = [1, ['exit 1'], /^Error: boom$/m]

const ENDINGS: Readonly<Record<string, Ending>> = {
  'nothing is dispatched': CLEAN,
  'nothing is pending': [0, ['ended with 1', 'exit 0']],
  'the last event has run': [0, ['ran', 'ended with 1', 'exit 0']],
  'awaited at the top level': [0, ['ran', 'ended with 1', 'exit 0']],
  'several bases end in turn': [0, ['base 0 ended with 1', 'base 1 ended with 1', 'base 2 ended with 1', 'exit 0']],
  'the base is disposed from a timer': [0, ['ended with 0', 'exit 0']],
  'the base is disposed in its callback': [0, ['ended with 0', 'exit 0']],
  'beforeExit dispatches again': [0, ['round 1', 'round 2', 'exit 0']],
  'the exit handler dispatches': [0, ['exit 0', 'blocking: 1']],
  'process.exit() in a callback': EXIT_7,
  'process.exit() in a callback of the second base': EXIT_7,
  'process.exit() in a callback of a blocking loop': EXIT_7,
  'process.exit() in an inner loop': EXIT_7,
  'process.exit() in a promise of a callback': EXIT_7,
  'process.exit() in a timer': EXIT_7,
  'process.exit() after the base is disposed in a callback': EXIT_7,
  'everything is disposed in the exit handler': [7, ['exit 7', 'live 0 0']],
  'process.abort() in a callback': ['SIGABRT', []],
  'a callback throws': BOOM,
  'a callback of the second base throws': BOOM,
  'a callback of a blocking loop throws': BOOM,
  'a callback throws null': [1, ['exit 1'], /^null$/m],
  'a callback throws undefined': [1, ['exit 1'], /^undefined$/m],
  'a callback throws a number': [1, ['exit 1'], /^42$/m],
  'a callback of a blocking loop throws null': [1, ['exit 1'], /^null$/m],
  'a callback of a blocking loop throws undefined': [1, ['exit 1'], /^undefined$/m],
  'a nextTick of a callback throws': BOOM,
  'a nextTick in a blocking loop throws': BOOM,
  'a promise of a callback is rejected': BOOM,
  'a promise in a blocking loop is rejected': BOOM,
  'exceptions are handled': [0, ['ended with 0, same values: true, 5', 'exit 0']],
  'rejections are handled': [0, ['ended with 0 after 3', 'exit 0']],
  'SIGTERM while the loop waits': ['SIGTERM', []],
  'SIGTERM, which Node handles': [0, ['SIGTERM', 'ended with 0', 'exit 0']],
}

describe('the end of the process', () => {
  for (const [name, [end, lines, stderr = /^$/]] of Object.entries(ENDINGS)) {
    it(`comes as it should: ${name}`, async () => {
      const result = await runProgram(process.execPath, [PROGRAM, name])
      expect({ end: result.signal ?? result.code, lines: result.stdout.split('\n') }, result.stderr).to.deep.equal({
        end,
        lines: [...lines, ''],
      })
      if (end !== 'SIGABRT') expect(result.stderr).to.match(stderr)
    })
  }
})

describe('the end of the process in each stage of life', () => {
  const expected: Readonly<Record<keyof typeof STAGE_ENDINGS, Ending>> = {
    'by itself': CLEAN,
    'by process.exit()': EXIT_7,
    'by an exception': BOOM,
  }

  for (const stage of Object.keys(LIFE_STAGES)) {
    for (const ending of Object.keys(STAGE_ENDINGS) as (keyof typeof STAGE_ENDINGS)[]) {
      it(`comes ${ending}: ${stage}`, async () => {
        const [end, lines, stderr = /^$/] = expected[ending]
        const result = await runProgram(process.execPath, [STAGES, stage, ending])
        expect({ end: result.signal ?? result.code, stdout: result.stdout }, result.stderr).to.deep.equal({
          end,
          stdout: ['reached', ...lines, ''].join('\n'),
        })
        expect(result.stderr).to.match(stderr)
      })
    }
  }
})
