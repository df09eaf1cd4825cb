// Every method of the classes for secrets, called on a receiver that is no instance of them.
import { SecureBuffer, SecureString, SerializeData } from 'bitcoin-support'
import { expect } from 'chai'
import { surfaceOf } from '../boundary/surface.js'
import { errorOf, thrownBy } from '../support/errors.js'
import { checkLiveCounts } from '../support/live-counts.js'
import { checkLockedPool } from '../support/locked-pool-counts.js'

/** They show a type's name, whatever they are called on. */
const SHOWS_NOTHING = new Set(['toString', '[Symbol.toStringTag]'])

const TYPES = [
  { type: SecureBuffer, make: () => SecureBuffer.random(8), text: '[SecureBuffer]' },
  { type: SecureString, make: () => SecureString.fromBytes(Buffer.from('secret')), text: '[SecureString]' },
  { type: SerializeData, make: () => SerializeData.from(Buffer.from('secret')), text: '' },
] as const

function strangers(instance: object): [name: string, stranger: unknown][] {
  return [
    ['undefined', undefined],
    ['null', null],
    ['a number', 1],
    ['a string', 'text'],
    ['a symbol', Symbol('one')],
    ['an object', {}],
    ['a function', () => {}],
    ['a Uint8Array', new Uint8Array(8)],
    ['the prototype', Object.getPrototypeOf(instance)],
    ['an object that inherits from an instance', Object.create(instance)],
    ['a proxy of an instance', new Proxy(instance, {})],
    ['a clone', structuredClone({ ...instance })],
    ...TYPES.filter(({ type }) => !(instance instanceof type)).map(({ type, make }): [string, unknown] => [
      `a ${type.name}`,
      make(),
    ]),
  ]
}

describe('methods of secure memory on what has none', () => {
  checkLiveCounts()
  checkLockedPool()

  for (const { type, make, text } of TYPES) {
    for (const [name, method] of surfaceOf(type)) {
      it(`${type.name}.prototype.${name}`, async () => {
        using instance = make()
        const harmless = SHOWS_NOTHING.has(name) || (text !== '' && name === 'toJSON')
        for (const [label, stranger] of strangers(instance)) {
          try {
            if (harmless) {
              expect(method.call(stranger), label).to.equal(name === '[Symbol.toStringTag]' ? type.name : text)
            } else {
              const error = await errorOf(() => method.call(stranger))
              expect(error, label).to.be.an.instanceOf(TypeError)
              expect(error, label).to.include({
                code: 'ERR_INVALID_THIS',
                message: `this must be an instance of ${type.name}`,
              })
            }
          } finally {
            if (label.startsWith('a S')) (stranger as Disposable)[Symbol.dispose]()
          }
        }
        expect(instance instanceof SecureBuffer ? instance.isValid() : !instance.disposed).to.equal(true)
      })
    }
  }

  it('take no stranger for another of their kind', () => {
    using buffer = SecureBuffer.random(8)
    using string = SecureString.fromBytes(Buffer.from('secret'))
    for (const { prototype } of [SecureBuffer, SecureString]) {
      const stranger = Object.create(prototype)
      for (const call of [() => buffer.equals(stranger), () => string.equals(stranger)]) {
        expect(thrownBy(call)).to.include({ code: 'ERR_INVALID_ARG_TYPE' })
      }
    }
  })
})
