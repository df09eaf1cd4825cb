// The addon's own functions, which take handles as numbers: whatever JavaScript passes for one is refused by name.
import { expect } from 'chai'
import { native } from '../support/internals.js'
import { checkLiveCounts, checkLiveCountsAfterEach } from '../support/live-counts.js'
import { ForeignHandles, type Forgery, givenUp, nearMisses, nonsense } from './forgeries.js'
import { Gallery, numberOf } from './gallery.js'
import type { Parameter } from './native-parameters.js'
import { OF_MEMORY, type Signature, signatures } from './native-signatures.js'
import { expectEventError, expectOutcome, resultOf } from './outcomes.js'
import type { Callable } from './surface.js'

const HANDLE = 'ERR_EV_HANDLE' as const

/** Functions over handles of any type, which are tried one by one in native-handles.test.ts. */
const OVER_ANY_HANDLE = [
  ...[
    'configure',
    'declareType',
    'liveCount',
    'newDeclared',
    'dispose',
    'collect',
    'isLive',
    'checkLive',
    'addressOf',
    'listLive',
  ],
  ...['setDropLog', 'takeDropped', 'libeventBlocks', 'uniqueNumber', 'bufferTakeChanges'],
]

// The addon's exports are the prototype.
const functions = Object.entries(Object.getPrototypeOf(native) as object).filter(
  (entry): entry is [string, Callable] => typeof entry[1] === 'function',
)

function argumentsFor({ parameters, prepare }: Signature, gallery: Gallery): unknown[] {
  prepare?.(gallery)
  return parameters.map((parameter) => valueFor(parameter, gallery))
}

function valueFor(parameter: Parameter, gallery: Gallery): unknown {
  return 'handle' in parameter ? numberOf(parameter.handle(gallery)) : parameter.value(gallery)
}

// A gallery, and what an odd call may have made beside it.
function withGallery(use: (gallery: Gallery) => void): void {
  using gallery = new Gallery()
  const before = new Set(native.listLive())
  use(gallery)
  const flat = native.listLive()
  for (let i = 0; i < flat.length; i += 3) if (!before.has(flat[i] as number)) native.collect(flat[i] as number)
}

describe('boundary: the functions of the addon', () => {
  checkLiveCounts()
  let foreign: ForeignHandles
  before(async () => {
    foreign = await ForeignHandles.make()
  })
  after(() => foreign[Symbol.asyncDispose]())

  it('are all expected', () => {
    const names = functions.map(([name]) => name).filter((name) => !OF_MEMORY.test(name))
    expect([...Object.keys(signatures), ...OVER_ANY_HANDLE]).to.have.members(names)
  })

  for (const [name, call] of functions) {
    const expected = signatures[name]
    if (expected === undefined) continue

    describe(name, () => {
      checkLiveCountsAfterEach()

      it('comes to what it should', async () => {
        using gallery = new Gallery()
        const result = resultOf(() => Reflect.apply(call, undefined, argumentsFor(expected, gallery)))
        await expectOutcome(result, expected.outcome)
        if ('value' in result && typeof result.value === 'number') native.collect(result.value)
      })

      for (const [index, parameter] of expected.parameters.entries()) {
        if ('handle' in parameter) {
          it(`refuses what is no live handle of its type (argument ${index})`, () => {
            using gallery = new Gallery()
            const stale = numberOf(gallery.declared)
            gallery.declared.dispose()
            const others = parameter.others(gallery).filter((other) => !other.disposed)
            const forgeries: Forgery[] = [
              ...nonsense,
              ...givenUp,
              ...nearMisses(parameter.handle(gallery)),
              ...foreign.forgeries,
              ...others.map((other) => ({ what: other.constructor.name, value: numberOf(other), code: HANDLE })),
              { what: 'one that has been disposed', value: stale, code: 'ERR_EV_DISPOSED' },
            ]
            const right = argumentsFor(expected, gallery)
            for (const { what, value, code } of forgeries) {
              const result = resultOf(() => Reflect.apply(call, undefined, right.with(index, value)))
              if ('value' in result) expect.fail(`takes ${what}`)
              expectEventError(result.error, code, what)
            }
            for (const handle of gallery.handles)
              if (handle !== gallery.declared) expect(handle.disposed).to.equal(false)
          })
          continue
        }

        it(`refuses a wrong type or number (argument ${index})`, () => {
          using gallery = new Gallery()
          const right = argumentsFor(expected, gallery)
          for (const { value, error } of parameter.wrong) {
            const result = resultOf(() => Reflect.apply(call, undefined, right.with(index, value)))
            if ('value' in result) expect.fail(`takes ${typeof value}`)
            expect(result.error).to.be.instanceOf(error === 'ERR_OUT_OF_RANGE' ? RangeError : TypeError)
            expect(result.error).to.have.property('code', error)
          }
        })

        it(`survives what is odd (argument ${index})`, () => {
          for (const odd of parameter.odd) {
            withGallery((gallery) => {
              const right = argumentsFor(expected, gallery)
              const result = resultOf(() => Reflect.apply(call, undefined, right.with(index, odd)))
              if ('error' in result) expect(result.error).to.be.instanceOf(Error)
            })
          }
        })
      }

      it('refuses to be called without arguments', () => {
        const result = resultOf(() => Reflect.apply(call, undefined, []))
        if (expected.parameters.length === 0) {
          native.collect(('value' in result ? result.value : undefined) as number)
          return
        }
        if ('value' in result) expect.fail('works')
        // Which one is looked at first is nobody's business.
        expect(result.error).to.have.property('code').that.is.oneOf([HANDLE, 'ERR_INVALID_ARG_TYPE'])
      })
    })
  }
})
