// Every failure of secure memory that may depend on a secret has the same error. An argument of the wrong type is a TypeError,
// which does not show the argument.
import { SecureBuffer, type SecureBufferToken, SecureMemoryError, SecureString, secureAllocator } from 'bitcoin-support'
import { expect } from 'chai'
import { errorOf, thrownBy } from '../support/errors.js'
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
function on(buffer: SecureBuffer, method: string, ...args: unknown[]): unknown {
  try {
    const target = buffer as unknown as Record<string, (...args: unknown[]) => unknown>
    return target[method]?.(...args)
  } finally {
    buffer.destroy()
  }
}

/** Calls with a size, by name. */
function sizeCalls(of: (value: unknown) => boolean): Record<string, () => unknown> {
  const calls: Record<string, () => unknown> = {}
  for (const [name, size] of BAD_SIZES.filter(([, value]) => of(value))) {
    calls[`new SecureBuffer: ${name}`] = () => new SecureBuffer(size as number)
    calls[`SecureBuffer.random: ${name}`] = () => SecureBuffer.random(size as number)
    calls[`secureAllocator.allocate: ${name}`] = () => secureAllocator.allocate(size as number)
  }
  for (const [name, value] of BAD_BYTES.filter(([, each]) => of(each))) {
    calls[`fill: ${name}`] = () => on(live(), 'fill', value)
  }
  return calls
}

const isNumber = (value: unknown) => typeof value === 'number'

/** Everything that has a wrong type, by name. */
function wrongTypes(): Record<string, () => unknown> {
  const calls = sizeCalls((value) => !isNumber(value))
  for (const [name, value] of badBytes()) {
    for (const method of ['write', 'read', 'equals']) {
      calls[`${method}: ${name}`] = () => on(live(), method, value)
      calls[`${method} of a destroyed one: ${name}`] = () => on(dead(), method, value)
    }
    calls[`SecureString.fromBytes: ${name}`] = () => SecureString.fromBytes(value as Uint8Array)
    calls[`SecureString.insert: ${name}`] = () => onString('insert', 0, value)
    calls[`SecureString.equals: ${name}`] = () => onString('equals', value)
    if (name !== 'a string') {
      for (const method of ['pushStr', 'pushHeapString']) calls[`${method}: ${name}`] = () => onString(method, value)
      calls[`insertStr: ${name}`] = () => onString('insertStr', 0, value)
      calls[`fromHeapString: ${name}`] = () => SecureString.fromHeapString(value as string)
    }
    if (name !== 'a number') {
      calls[`truncate: ${name}`] = () => onString('truncate', value)
      calls[`insert at: ${name}`] = () => onString('insert', value, new Uint8Array(1))
      calls[`insertStr at: ${name}`] = () => onString('insertStr', value, 'x')
      if (value !== undefined) {
        calls[`slice from: ${name}`] = () => onString('slice', value)
        calls[`slice to: ${name}`] = () => onString('slice', 0, value)
      }
    }
    if (name !== 'a bigint') {
      for (const type of [SecureBuffer, SecureString]) {
        calls[`${type.name}.open: ${name}`] = () => type.open(value as SecureBufferToken)
        calls[`${type.name}.revoke: ${name}`] = () => type.revoke(value as SecureBufferToken)
      }
    }
    for (const type of ['use', 'useAsync']) calls[`${type}: ${name} for a function`] = () => on(live(), type, value)
    if (!(value instanceof Uint8Array) || Object.getPrototypeOf(value) !== Uint8Array.prototype) {
      calls[`secureAllocator.deallocate: ${name}`] = () => secureAllocator.deallocate(value as Uint8Array)
    }
  }
  calls['equals: a string of secrets'] = () => on(live(), 'equals', SecureString.default())
  calls['equals: a buffer'] = () => onString('equals', SecureBuffer.random(1))
  calls['use: an async function'] = () => on(live(), 'use', async () => expect.fail('it was called'))
  calls['use: a generator'] = () =>
    on(live(), 'use', function* () {
      yield expect.fail('it was called')
    })
  return calls
}

/** Calls a method with any arguments on a string that is given back afterwards. */
function onString(method: string, ...args: unknown[]): unknown {
  using string = SecureString.fromHeapString('secret')
  return (string as unknown as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args)
}

/** Everything that must fail for another reason, by name. */
function failures(): Record<string, () => unknown> {
  const calls = sizeCalls(isNumber)
  for (const [name, value] of [
    ['0', 0n],
    ['a used one', usedToken()],
    ['negative', -1n],
    ['2^64', 2n ** 64n],
  ] as const) {
    calls[`open: ${name}`] = () => SecureBuffer.open(value as SecureBufferToken)
    calls[`SecureString.open: ${name}`] = () => SecureString.open(value as SecureBufferToken)
  }
  for (const at of [-1, 0.5, Number.NaN, 7, 2 ** 53]) {
    calls[`insert at ${at}`] = () => onString('insert', at, new Uint8Array(1))
    calls[`insertStr at ${at}`] = () => onString('insertStr', at, 'x')
  }
  for (const length of [-1, 0.5, Number.NaN]) calls[`truncate to ${length}`] = () => onString('truncate', length)
  calls['write: too much'] = () => on(live(), 'write', new Uint8Array(5))
  calls['asSlice: empty'] = () => on(new SecureBuffer(1), 'asSlice')
  calls['equals: a destroyed one'] = () => on(live(), 'equals', dead())
  calls['deallocate: not ours'] = () => secureAllocator.deallocate(new Uint8Array(8))
  const valid: Record<string, unknown[]> = {
    write: [new Uint8Array(1)],
    read: [new Uint8Array(1)],
    fill: [1],
    equals: [new Uint8Array(1)],
    use: [() => {}],
    useAsync: [() => {}],
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
    it(`are the same: ${name}`, async () => {
      expect(describeError(await errorOf(call))).to.deep.equal(THE_ERROR)
    })
  }

  for (const [name, call] of Object.entries(wrongTypes())) {
    it(`are a TypeError for a wrong type: ${name}`, async () => {
      const error = (await errorOf(call)) as Error
      expect(error).to.be.an.instanceOf(TypeError)
      expect(error).to.include({ code: 'ERR_INVALID_ARG_TYPE' })
      expect(error.message).to.match(/^[a-zA-Z]+ must be /)
      expect(error.message, 'nothing of what came').to.not.match(/secret|\d(?!Array)/)
    })
  }

  it('are a TypeError when a function returns a promise, whatever becomes of that', async () => {
    using buffer = live()
    const seen: unknown[] = []
    const note = (reason: unknown) => seen.push(reason)
    process.on('unhandledRejection', note)
    try {
      for (const result of [Promise.resolve(), Promise.reject(new Error('of the function'))]) {
        const error = thrownBy(() => buffer.use(() => result))
        expect(error).to.be.an.instanceOf(TypeError)
        expect(error).to.include({ code: 'ERR_INVALID_RETURN_VALUE' })
      }
      await new Promise((resolve) => setImmediate(resolve))
      expect(seen).to.deep.equal([])
    } finally {
      process.off('unhandledRejection', note)
    }
  })

  it('cover every method that can fail', () => {
    const named = Object.keys(failures())
      .filter((name) => name.endsWith('of a destroyed one'))
      .map((name) => name.split(' ')[0])
    expect(named).to.have.members([
      'write',
      'read',
      'asSlice',
      'use',
      'useAsync',
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
