// The ways in which an object's content is shown by accident: a secret's is not.
import { once } from 'node:events'
import { format, inspect } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import { MessageChannel } from 'node:worker_threads'
import { SecureBuffer, SecureString, SerializeData } from 'bitcoin-support'
import { expect } from 'chai'
import { thrownBy } from '../support/errors.js'
import { native } from '../support/internals.js'
import { checkLiveCounts } from '../support/live-counts.js'
import { checkLockedPool } from '../support/locked-pool-counts.js'
import { factsOf } from '../support/secure-program.js'

const SECRET = 'correct horse battery staple'
const bytes = new TextEncoder().encode(SECRET)
/** How the content would look: as text, in hex, in base64, as numbers. */
const FORMS = [
  SECRET,
  Buffer.from(bytes).toString('hex'),
  Buffer.from(bytes).toString('base64'),
  [...bytes.subarray(0, 4)].join(','),
  [...bytes.subarray(0, 4)].join(', '),
  Buffer.from(bytes.subarray(0, 6))
    .toString('hex')
    .replace(/..(?=.)/g, '$& '),
]

function expectNoSecret(text: string): void {
  for (const form of FORMS) expect(text).to.not.include(form)
  expect(text, 'nor its length').to.not.match(/\b28\b/)
}

const KINDS: Record<string, () => Disposable> = {
  SecureBuffer: () => {
    const buffer = new SecureBuffer(bytes.length)
    buffer.write(bytes)
    return buffer
  },
  SecureString: () => SecureString.fromBytes(bytes),
}

/** All text that can be made of a value by accident. */
const TEXTS: Record<string, (value: object) => string> = {
  String: (value) => String(value),
  template: (value) => `${value}`,
  concatenation: (value) => `x${value as unknown as string}`,
  'toString()': (value) => value.toString(),
  'toLocaleString()': (value) => value.toLocaleString(),
  'Object.prototype.toString': (value) => Object.prototype.toString.call(value),
  JSON: (value) => JSON.stringify(value),
  'JSON within': (value) => JSON.stringify({ key: [value] }),
  inspect: (value) => inspect(value),
  'inspect all': (value) => inspect(value, { showHidden: true, depth: 99, customInspect: false }),
  'inspect within': (value) => inspect({ key: [value], map: new Map([[value, value]]) }, { depth: 99 }),
  'console.log': (value) => format('%s %o %O %j %d', value, value, value, value, value),
  'Object.entries': (value) => inspect([Object.entries(value), Reflect.ownKeys(value)]),
  'an error': (value) => inspect(new Error(String(value))),
  "an error's cause": (value) => inspect(new Error('failed', { cause: value }), { depth: 99 }),
  "an aggregate error's errors": (value) => inspect(new AggregateError([value]), { depth: 99 }),
  "a TypeError of Node's": (value) => inspect(thrownBy(() => Buffer.alloc(value as never))),
  'a property of an error': (value) => inspect(Object.assign(new Error('failed'), { value }), { depth: 99 }),
}

describe('a secret', () => {
  checkLiveCounts()
  checkLockedPool()

  for (const [kind, make] of Object.entries(KINDS)) {
    describe(`in a ${kind}`, () => {
      for (const [name, textOf] of Object.entries(TEXTS)) {
        it(`is not in ${name}`, () => {
          using value = make()
          expectNoSecret(textOf(value))
        })
      }

      it('shows only what it is', () => {
        using value = make()
        expect([`${value}`, inspect(value), JSON.stringify(value)]).to.deep.equal([
          `[${kind}]`,
          `[${kind}]`,
          `"[${kind}]"`,
        ])
        expect(Object.prototype.toString.call(value)).to.equal(`[object ${kind}]`)
        expect(Reflect.ownKeys(value)).to.deep.equal([])
      })

      it('is not in a clone, which is an empty object that can do nothing', () => {
        using value = make()
        const clone = structuredClone(value) as object
        expect(Reflect.ownKeys(clone)).to.deep.equal([])
        expect(Object.getPrototypeOf(clone)).to.equal(Object.prototype)
        const { use, equals } = Object.getPrototypeOf(value) as SecureBuffer
        expect(thrownBy(() => use.call(clone as SecureBuffer, () => {}))).to.be.an.instanceOf(Error)
        expect(thrownBy(() => equals.call(clone as SecureBuffer, bytes))).to.be.an.instanceOf(Error)
      })

      it('is not in what v8.serialize() writes', () => {
        using value = make()
        const written = serialize({ value })
        expect(written.includes(SECRET)).to.equal(false)
        expect(deserialize(written)).to.deep.equal({ value: {} })
      })

      it('is not in what postMessage() sends', async () => {
        using value = make()
        const { port1, port2 } = new MessageChannel()
        try {
          const received = once(port2, 'message')
          port1.postMessage({ value })
          expect(await received).to.deep.equal([{ value: {} }])
        } finally {
          port1.close()
        }
      })

      it('is not in a copy of its properties', () => {
        using value = make()
        expect(Object.assign({}, value)).to.deep.equal({})
        expect(Reflect.ownKeys(Object.create(value) as object)).to.deep.equal([])
      })

      it('is not in the error of a failed call', () => {
        using value = make()
        const error = thrownBy(() => (value as unknown as SecureBuffer).use(undefined as never))
        expectNoSecret(inspect(error, { showHidden: true, depth: 99 }))
      })
    })
  }

  it('is not in a SerializeData that is shown', () => {
    using data = SerializeData.from(bytes)
    for (const textOf of Object.values(TEXTS)) {
      for (const form of FORMS) expect(textOf(data)).to.not.include(form)
    }
  })

  it('is not in a heap snapshot, in which a control is', async () => {
    const facts = await factsOf('heap-snapshot')
    expect(facts).to.deep.equal({ secret: false, control: true, objects: [true, true], same: [true, true] })
  })

  describe('by a number that is kept', () => {
    /** Numbers that name nothing: old, doubled, forged. */
    function numbers(): number[] {
      const number = native.secureBufferNew(32)
      native.secureBufferFill(number, 1)
      native.secureBufferDestroy(number)
      return [number, number + 1, number + 2 ** 24, number - 2 ** 24, 0, -1, 0.5, Number.NaN, 2 ** 53 - 1, 2 ** 53]
    }

    it('cannot be had: it is stale when the buffer is gone, also when its place is taken', () => {
      const stale = numbers()
      const next = native.secureBufferNew(32)
      native.secureBufferFill(next, 2)
      const into = new Uint8Array(32)
      for (const number of stale.filter((each) => each !== next)) {
        expect(native.secureBufferRead(number, into), `${number}`).to.equal(-1)
        expect(native.secureBufferWrite(number, bytes)).to.equal(-1)
        expect(native.secureBufferLend(number)).to.equal(-1)
        expect(native.secureBufferShare(number)).to.equal(0n)
        expect(native.secureBufferIsValid(number)).to.equal(false)
        native.secureBufferDestroy(number)
        native.secureBufferRelease(number)
      }
      expect([native.secureBufferIsValid(next), native.secureBufferLen(next)]).to.deep.equal([true, 32])
      expect(into.every((byte) => byte === 0)).to.equal(true)
      native.secureBufferDestroy(next)
    })

    it('ends when it is none, also where no buffer is in the first place', () => {
      // A thread that owns nothing yet, or no more.
      const number = native.secureBufferNew(32)
      native.secureBufferDestroy(number)
      for (const none of [0, -1, Number.NaN]) {
        native.secureBufferDestroy(none)
        native.secureBufferRelease(none)
      }
    })

    it('is never the same again', () => {
      const seen = new Set<number>()
      for (let i = 0; i < 1000; i++) {
        const number = native.secureBufferNew(32)
        seen.add(number)
        native.secureBufferDestroy(number)
      }
      expect(seen.size).to.equal(1000)
    })
  })
})
