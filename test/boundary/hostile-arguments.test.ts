// Arguments that run JavaScript while the addon reads them, which disposes everything that the function works on.
import { expect } from 'chai'
import { native } from '../support/internals.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { Gallery, numberOf } from './gallery.js'
import { detach, type Hostile, hostileValues, resizable, whileArraysStrike } from './hostile.js'
import type { Parameter, ValueParameter } from './native-parameters.js'
import { type Signature, signatures } from './native-signatures.js'
import { expectEventError, type Result, resultOf } from './outcomes.js'
import type { Callable } from './surface.js'

function functionOf(name: string): Callable {
  return Reflect.get(native, name) as Callable
}

function argumentsFor({ parameters, prepare }: Signature, gallery: Gallery): unknown[] {
  prepare?.(gallery)
  return parameters.map((parameter) =>
    'handle' in parameter ? numberOf(parameter.handle(gallery)) : parameter.value(gallery),
  )
}

function isValue(parameter: Parameter): parameter is ValueParameter {
  return !('handle' in parameter)
}

/** Makes the call, and gives up what it has made. */
function call(name: string, args: readonly unknown[]): Result {
  const before = new Set(native.listLive())
  const result = resultOf(() => Reflect.apply(functionOf(name), undefined, args))
  const flat = native.listLive()
  for (let i = 0; i < flat.length; i += 3) if (!before.has(flat[i] as number)) native.collect(flat[i] as number)
  return result
}

for (const [name, signature] of Object.entries(signatures)) {
  const { parameters } = signature
  const onHandle = parameters.some((parameter) => !isValue(parameter))

  describe(`boundary: hostile arguments of ${name}`, () => {
    checkLiveCountsAfterEach()

    it('an array that is returned may be taken over', () => {
      using gallery = new Gallery()
      const args = argumentsFor(signature, gallery)
      const result = whileArraysStrike(
        () => gallery[Symbol.dispose](),
        () => resultOf(() => Reflect.apply(functionOf(name), undefined, args)),
      )
      if ('error' in result) expect(result.error).to.be.instanceOf(Error)
      else if (typeof result.value === 'number') native.collect(result.value)
    })

    for (const [index, parameter] of parameters.entries()) {
      if (!isValue(parameter)) continue

      it(`nothing of argument ${index} runs unless it is an array`, () => {
        for (const { what, make } of hostileValues) {
          using gallery = new Gallery()
          let struck = false
          const value = make(() => {
            struck = true
            gallery[Symbol.dispose]()
          })
          const result = call(name, argumentsFor(signature, gallery).with(index, value))
          if ('error' in result) expect(result.error, what).to.be.instanceOf(Error)
          expect(struck, what).to.equal(false)
        }
      })

      const lists: readonly Hostile[] = parameter.hostile ?? []
      if (lists.length === 0) continue

      it(`argument ${index} may dispose all that there is`, () => {
        for (const { what, make } of lists) {
          using gallery = new Gallery()
          let struck = false
          const value = make(() => {
            struck = true
            gallery[Symbol.dispose]()
          })
          const result = call(name, argumentsFor(signature, gallery).with(index, value))
          expect(struck, what).to.equal(true)
          if (!onHandle) continue
          if ('value' in result) expect.fail(`works with ${what}`)
          const error = result.error as Error
          if (error instanceof TypeError || error instanceof RangeError) continue
          expectEventError(error, 'ERR_EV_DISPOSED', what)
        }
      })

      it(`argument ${index} may throw`, () => {
        for (const { what, make } of lists) {
          using gallery = new Gallery()
          const thrown = new Error('thrown')
          const value = make(() => {
            throw thrown
          })
          expect(call(name, argumentsFor(signature, gallery).with(index, value)), what).to.deep.equal({ error: thrown })
        }
      })

      it(`argument ${index} may take the memory of the others away`, () => {
        for (const { what, make } of lists) {
          for (const shrinks of [false, true]) {
            using gallery = new Gallery()
            const memory: (() => void)[] = []
            const args = argumentsFor(signature, gallery).map((_, i) => {
              const other = parameters[i] as Parameter
              const takesBytes = isValue(other) && other.takesBytes
              if (!takesBytes) return _
              const { bytes, shrink } = resizable(1000)
              memory.push(shrinks ? shrink : () => detach(bytes))
              return bytes
            })
            const value = make(() => {
              for (const take of memory) take()
            })
            const result = call(name, args.with(index, value))
            if ('error' in result) expect(result.error, what).to.be.instanceOf(Error)
          }
        }
      })
    }
  })
}

describe('boundary: hostile arguments', () => {
  checkLiveCountsAfterEach()

  it('a list of all handles may be taken over', () => {
    using gallery = new Gallery()
    const list = whileArraysStrike(
      () => gallery[Symbol.dispose](),
      () => native.listLive(),
    )
    expect(list).to.be.an('array')
  })

  it('the report of a handle that is collected may be taken over', () => {
    using gallery = new Gallery()
    const number = numberOf(gallery.event)
    whileArraysStrike(
      () => gallery[Symbol.dispose](),
      () => native.collect(number),
    )
    expect(gallery.event.disposed).to.equal(true)
  })

  it('an array of 2^32 - 1 elements without any is refused', () => {
    using gallery = new Gallery()
    const endless: unknown[] = []
    endless.length = 2 ** 32 - 1
    const result = resultOf(() => native.bufferAddIovec(numberOf(gallery.buffer), endless as string[]))
    expect(result).to.have.property('error').that.is.instanceOf(RangeError)
    expect(result).to.have.nested.property('error.code', 'ERR_OUT_OF_RANGE')
  })
})
