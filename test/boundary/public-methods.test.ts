// Every method of every class × every state that an instance can be in.
import * as library from 'bitcoin-support'
import { expect } from 'chai'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { expectArgumentError, expectOutcome, type Result, resultOf } from './outcomes.js'
import { callMethod, expectationOf, outcomeIn } from './subject.js'
import { subjects } from './subjects/index.js'
import { surfaceOf } from './surface.js'

describe('boundary: the classes', () => {
  it('are all tried', () => {
    const handles = Object.values(library).filter((value) => typeof value === 'function' && 'typeName' in value)
    expect(subjects.map(({ type }) => type)).to.include.members(handles)
  })
})

for (const subject of subjects) {
  const surface = surfaceOf(subject.type)

  describe(`boundary: ${subject.name}`, () => {
    checkLiveCountsAfterEach()

    it('has no method that is not expected, and all that are', () => {
      expect(Object.keys(subject.methods)).to.have.members([...surface.keys()])
    })

    for (const [stage, { run }] of Object.entries(subject.stages)) {
      describe(stage, () => {
        for (const [name, method] of surface) {
          it(name, async () => {
            const expected = expectationOf(subject, name)
            let result: Result | undefined
            await run((handle, context) => {
              const args = (expected.args?.(context) ?? []).map(({ value }) => value)
              result = callMethod(method, expected, handle, args)
            })
            if (result === undefined) throw new Error('the state was never reached')
            await expectOutcome(result, outcomeIn(subject, stage, expected))
          })
        }
      })
    }

    describe('wrong arguments', () => {
      for (const [name, method] of surface) {
        if (subject.methods[name]?.args === undefined) continue
        it(`${name} refuses by name, and works on`, async () => {
          const { args = () => [], live } = expectationOf(subject, name)
          let last: Result | undefined
          await subject.stages.open.run((handle, context) => {
            const right = args(context)
            const values = right.map(({ value }) => value)
            for (const [index, { wrong }] of right.entries()) {
              for (const { value, error, name: argument } of wrong) {
                const result = resultOf(() => Reflect.apply(method, handle, values.with(index, value)))
                if ('value' in result) expect.fail(`took ${describeValue(value)} for ${argument}`)
                expectArgumentError(result.error, error, argument)
              }
            }
            last = resultOf(() => Reflect.apply(method, handle, values))
          })
          if (last === undefined) throw new Error('the state was never reached')
          await expectOutcome(last, live)
        })
      }
    })
  })
}

function describeValue(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}
