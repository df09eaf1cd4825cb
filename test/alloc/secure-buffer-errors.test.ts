// Every failure of secure memory looks the same, whatever has failed.
import { SecureBuffer, type SecureBufferToken, SecureMemoryError, SecureString, secureAllocator } from 'bitcoin-support'
import { expect } from 'chai'
import { thrownBy } from '../support/errors.js'
import { checkLiveCounts } from '../support/live-counts.js'
import { checkLockedPool } from '../support/locked-pool-counts.js'
import { factsOf } from '../support/secure-program.js'

/** What is no Uint8Array that can be used. */
function badBytes(): [name: string, value: unknown][] {
  const detached = new Uint8Array(new ArrayBuffer(4))
  structuredClone(detached.buffer, { transfer: [detached.buffer] })
  return [
    ['a detached view', detached],
    ['a shared view', new Uint8Array(new SharedArrayBuffer(4))],
    ['an ArrayBuffer', new ArrayBuffer(4)],
    ['a DataView', new DataView(new ArrayBuffer(4))],
    ['an Int8Array', new Int8Array(4)],
    ['a Uint16Array', new Uint16Array(4)],
    ['a Float64Array', new Float64Array(1)],
    ['an array', [1, 2, 3]],
    ['a string', 'secret'],
    ['a number', 5],
    ['a bigint', 5n],
    ['a symbol', Symbol('secret')],
    ['an object', { length: 4, 0: 1 }],
    ['a proxy', new Proxy(new Uint8Array(4), {})],
    ['null', null],
    ['undefined', undefined],
  ]
}

const BAD_SIZES: [name: string, value: unknown][] = [
  ['0', 0],
  ['-0', -0],
  ['-1', -1],
  ['1.5', 1.5],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['2^31', 2 ** 31],
  ['2^32 + 1', 2 ** 32 + 1],
  ['2^53', 2 ** 53],
  ['a string', '32'],
  ['a bigint', 32n],
  ['an object with a value', { valueOf: () => 32 }],
  ['an array', [32]],
  ['true', true],
  ['a symbol', Symbol('32')],
  ['null', null],
  ['undefined', undefined],
]

const BAD_BYTES: [name: string, value: unknown][] = [
  ['-1', -1],
  ['256', 256],
  ['1.5', 1.5],
  ['NaN', Number.NaN],
  ['a string', '1'],
  ['a bigint', 1n],
  ['undefined', undefined],
]

const live = () => SecureBuffer.random(4)
function dead(): SecureBuffer {
  const buffer = live()
  buffer.destroy()
  return buffer
}
function usedToken(): bigint {
  using buffer = live()
  const token = buffer.share()
  SecureBuffer.open(token).destroy()
  return token
}

/** Calls a method with any arguments on a buffer that is given back afterwards. */
function on(buffer: SecureBuffer, method: string, ...args: unknown[]): void {
  try {
    const target = buffer as unknown as Record<string, (...args: unknown[]) => unknown>
    target[method]?.(...args)
  } finally {
    buffer.destroy()
  }
}

/** Everything that must fail, by name. */
function failures(): Record<string, () => unknown> {
  const calls: Record<string, () => unknown> = {}
  for (const [name, size] of BAD_SIZES) {
    calls[`new SecureBuffer: ${name}`] = () => new SecureBuffer(size as number)
    calls[`SecureBuffer.random: ${name}`] = () => SecureBuffer.random(size as number)
    calls[`secureAllocator.allocate: ${name}`] = () => secureAllocator.allocate(size as number)
  }
  for (const [name, value] of badBytes()) {
    for (const method of ['write', 'read', 'equals']) calls[`${method}: ${name}`] = () => on(live(), method, value)
    calls[`SecureString.fromBytes: ${name}`] = () => SecureString.fromBytes(value as Uint8Array)
  }
  for (const [name, value] of BAD_BYTES) calls[`fill: ${name}`] = () => on(live(), 'fill', value)
  for (const [name, value] of [
    ['none', undefined],
    ['a string', 'x'],
    ['an object', {}],
  ] as const) {
    calls[`use: ${name} for a function`] = () => on(live(), 'use', value)
  }
  for (const [name, value] of [
    ['0', 0n],
    ['a used one', usedToken()],
    ['negative', -1n],
    ['2^64', 2n ** 64n],
    ['a number', 1],
    ['undefined', undefined],
  ] as const) {
    calls[`open: ${name}`] = () => SecureBuffer.open(value as SecureBufferToken)
  }
  calls['write: too much'] = () => on(live(), 'write', new Uint8Array(5))
  calls['asSlice: empty'] = () => on(new SecureBuffer(1), 'asSlice')
  calls['equals: a destroyed one'] = () => on(live(), 'equals', dead())
  calls['use: a promise'] = () => on(live(), 'use', () => Promise.resolve())
  calls['deallocate: not ours'] = () => secureAllocator.deallocate(new Uint8Array(8))
  calls['deallocate: no view'] = () => secureAllocator.deallocate(undefined as never)
  const valid: Record<string, unknown[]> = {
    write: [new Uint8Array(1)],
    read: [new Uint8Array(1)],
    fill: [1],
    equals: [new Uint8Array(1)],
    use: [() => {}],
  }
  for (const method of Object.getOwnPropertyNames(SecureBuffer.prototype)) {
    if (HARMLESS.has(method)) continue
    calls[`${method} of a destroyed one`] = () => on(dead(), method, ...(valid[method] ?? []))
  }
  return calls
}

/** They answer for a buffer that is not valid too. */
const HARMLESS = new Set([
  'constructor',
  'len',
  'capacity',
  'isEmpty',
  'isValid',
  'isLocked',
  'integrityCheck',
  'destroy',
  'toString',
  'toJSON',
])

function describeError(error: unknown): object {
  const { name, message, code } = error as SecureMemoryError
  return {
    name,
    message,
    code,
    keys: Reflect.ownKeys(error as object).sort(),
    prototype: Object.getPrototypeOf(error) === SecureMemoryError.prototype,
    stack: (error as Error).stack?.split('\n')[0],
    cause: (error as Error).cause,
  }
}

const THE_ERROR = {
  name: 'SecureMemoryError',
  message: 'secure memory operation failed',
  code: 'ERR_SECURE_MEMORY',
  keys: ['code', 'message', 'name', 'stack'],
  prototype: true,
  stack: 'SecureMemoryError: secure memory operation failed',
  cause: undefined,
}

describe('the errors of secure memory', () => {
  checkLiveCounts()
  checkLockedPool()

  it('have no digits in them', () => {
    expect(THE_ERROR.message).to.not.match(/\d/)
  })

  for (const [name, call] of Object.entries(failures())) {
    it(`are the same: ${name}`, () => {
      expect(describeError(thrownBy(call))).to.deep.equal(THE_ERROR)
    })
  }

  it('cover every method that can fail', () => {
    const named = Object.keys(failures())
      .filter((name) => name.endsWith('of a destroyed one'))
      .map((name) => name.split(' ')[0])
    expect(named).to.have.members([
      'write',
      'read',
      'asSlice',
      'use',
      'lock',
      'unlock',
      'clear',
      'zeroize',
      'fill',
      'equals',
      'isZero',
      'share',
    ])
  })

  it('leave an answer for a destroyed buffer where one is promised', () => {
    const buffer = dead()
    expect({
      len: buffer.len(),
      capacity: buffer.capacity(),
      isEmpty: buffer.isEmpty(),
      isValid: buffer.isValid(),
      isLocked: buffer.isLocked(),
      integrityCheck: buffer.integrityCheck(),
    }).to.deep.equal({ len: 0, capacity: 0, isEmpty: true, isValid: false, isLocked: false, integrityCheck: false })
  })

  it('are the same without memory, and what there is stays usable', async () => {
    const { half, small, string, ...outcomes } = await factsOf<Record<string, unknown>>('exhausted')
    const { name, message, code } = THE_ERROR
    const expected = { name, message, code }
    expect(outcomes).to.deep.equal({
      new: expected,
      largest: expected,
      random: expected,
      asSlice: expected,
      use: expected,
      allocate: expected,
    })
    expect({ half, small, string }).to.deep.equal({ half: 384 << 20, small: 32, string: 11 })
  })
})
