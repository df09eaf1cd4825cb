// Every method of every class, called on a receiver that is no instance of it.
import { EventError } from 'bitcoin-support'
import { expect } from 'chai'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { Gallery } from './gallery.js'
import { type Result, settled } from './outcomes.js'
import { callMethod, expectationOf } from './subject.js'
import { subjects } from './subjects/index.js'
import { type Callable, surfaceOf } from './surface.js'

function strangers(method: Callable, handle: object, gallery: Gallery): [label: string, stranger: unknown][] {
  // All handles share some methods.
  const others = gallery.everything.filter(
    (other) => ![...surfaceOf({ prototype: Object.getPrototypeOf(other) }).values()].includes(method),
  )
  return [
    ['undefined', undefined],
    ['null', null],
    ['a number', 1],
    ['a string', 'text'],
    ['an object', {}],
    ['an array', []],
    ['a function', () => {}],
    ['a copy', { ...handle }],
    ['an object with its prototype', Object.create(Object.getPrototypeOf(handle))],
    ['an object that inherits from it', Object.create(handle)],
    ['a proxy of it', new Proxy(handle, {})],
    ...others.map((other): [string, unknown] => [`one of ${other.constructor.name}`, other]),
  ]
}

for (const subject of subjects) {
  describe(`boundary: ${subject.name}: wrong receivers`, () => {
    checkLiveCountsAfterEach()

    for (const [name, method] of surfaceOf(subject.type)) {
      it(name, async () => {
        const expected = expectationOf(subject, name)
        using gallery = new Gallery()
        const results: [label: string, result: Result][] = []
        await subject.stages.open.run((handle, context) => {
          const args = (expected.args?.(context) ?? []).map(({ value }) => value)
          for (const [label, stranger] of strangers(method, handle, gallery)) {
            results.push([label, callMethod(method, expected, stranger, args)])
          }
        })
        for (const [label, call] of results) {
          const result = await settled(call)
          if ('value' in result) expect.fail(`works on ${label}`)
          // JavaScript itself keeps strangers from private members.
          if (result.error instanceof EventError) expect(result.error.code, label).to.equal('ERR_EV_HANDLE')
          else expect(result.error, label).to.be.instanceOf(TypeError)
        }
        for (const handle of gallery.handles) expect(handle.disposed, handle.constructor.name).to.equal(false)
      })
    }
  })
}
