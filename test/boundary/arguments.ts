// Arguments by kind: a right value, and wrong values with the error of each.
import type { ArgumentError } from './outcomes.js'

/** A wrong value and how it is refused. */
export interface WrongValue {
  readonly value: unknown
  readonly error: ArgumentError
  /** What the error calls it. */
  readonly name: string
}

/** One argument of a method. */
export interface Argument {
  readonly name: string
  readonly value: unknown
  readonly wrong: readonly WrongValue[]
}

const ANYTHING: readonly unknown[] = [
  undefined,
  null,
  true,
  1,
  1n,
  'text',
  Symbol('symbol'),
  {},
  [],
  () => {},
  new Uint8Array(1),
  new Proxy({}, {}),
]

function wrongTypes(name: string, accepts: (value: unknown) => boolean): WrongValue[] {
  return ANYTHING.filter((value) => !accepts(value)).map((value) => ({ name, value, error: 'ERR_INVALID_ARG_TYPE' }))
}

function outOfRange(name: string, ...values: unknown[]): WrongValue[] {
  return values.map((value) => ({ name, value, error: 'ERR_OUT_OF_RANGE' }))
}

export function string(name: string, value: string, ...refused: string[]): Argument {
  const wrong = wrongTypes(name, (other) => typeof other === 'string')
  return { name, value, wrong: [...wrong, ...outOfRange(name, ...refused)] }
}

export function integer(name: string, value: number, min: number, max: number): Argument {
  const numbers = [min - 1, max + 1, min + 0.5, Number.NaN, Infinity, -Infinity, 2 ** 53 + 2, -(2 ** 53)]
  const wrong = wrongTypes(name, (other) => typeof other === 'number')
  return { name, value, wrong: [...wrong, ...outOfRange(name, ...numbers)] }
}

/** A time, which may be left out. */
export function ms(name: string, value?: number): Argument {
  const wrong = wrongTypes(name, (other) => typeof other === 'number' || other === undefined)
  return { name, value, wrong: [...wrong, ...outOfRange(name, -1, Number.NaN, Infinity, -Infinity, 2 ** 53)] }
}

/** The time of a phase, which may be left out, and may have no end. */
export function phase(name: string, value?: number): Argument {
  const time = ms(name, value)
  return { ...time, wrong: time.wrong.filter((one) => one.value !== Infinity) }
}

/** A time, which may not. */
export function time(name: string, value: number): Argument {
  const { wrong } = ms(name)
  return { name, value, wrong: [{ name, value: undefined, error: 'ERR_INVALID_ARG_TYPE' }, ...wrong] }
}

export function boolean(name: string, value: boolean): Argument {
  return { name, value, wrong: wrongTypes(name, (other) => typeof other === 'boolean') }
}

export function bigint(name: string, value: bigint): Argument {
  return { name, value, wrong: wrongTypes(name, (other) => typeof other === 'bigint') }
}

export function callback(name: string, value: (...args: never) => void = () => {}): Argument {
  return { name, value, wrong: wrongTypes(name, (other) => typeof other === 'function') }
}

/** One that may be null, for none. */
export function callbackOrNull(name: string, value: (...args: never) => void = () => {}): Argument {
  const { wrong } = callback(name)
  return { name, value, wrong: wrong.filter((other) => other.value !== null) }
}

/** A function, or the address of one in C. What address is a wrong one cannot be known. */
export function callbackOrAddress(name: string, value: (...args: never) => void = () => {}): Argument {
  const wrong = wrongTypes(name, (other) => typeof other === 'function' || typeof other === 'bigint')
  return { name, value, wrong: [...wrong, ...outOfRange(name, 0n, -1n, 2n ** 64n)] }
}

/** Whatever can be sent to another thread. */
export function message(name: string, value: unknown): Argument {
  const refused = [Symbol('symbol'), () => {}, new Proxy({}, {}), new WeakMap()]
  return { name, value, wrong: refused.map((other) => ({ name, value: other, error: 'ERR_INVALID_ARG_TYPE' })) }
}

export function bytes(name: string, value: string | Uint8Array): Argument {
  const wrong = wrongTypes(name, (other) => typeof other === 'string' || other instanceof Uint8Array)
  return { name, value, wrong }
}

/** A size in bytes, or memory to be filled. */
export function memoryOrSize(name: string, value: number | Uint8Array): Argument {
  const numbers = [-1, 0.5, Number.NaN, Infinity, -Infinity, 2 ** 53]
  const wrong = wrongTypes(name, (other) => typeof other === 'number' || other instanceof Uint8Array)
  return { name, value, wrong: [...wrong, ...outOfRange(name, ...numbers)] }
}

/** An instance of a class of the library; `others` are instances of other ones. */
export function instance(name: string, value: object, ...others: object[]): Argument {
  const wrong = others.map((other): WrongValue => ({ name, value: other, error: 'ERR_INVALID_ARG_TYPE' }))
  return { name, value, wrong: [...wrongTypes(name, () => false), ...wrong] }
}

/** Whatever it is, it is handed through. */
export function anything(name: string, value?: unknown): Argument {
  return { name, value, wrong: [] }
}

/** One that may be left out. */
export function optional(argument: Argument): Argument {
  return { ...argument, wrong: argument.wrong.filter(({ value }) => value !== undefined) }
}

/** An object of options, all of which may be left out, as may the object. */
export function options(name: string, ...members: Argument[]): Argument {
  const value = Object.fromEntries(members.map((member) => [member.name, member.value]))
  const wrong = wrongTypes(name, (other) => other === undefined || (typeof other === 'object' && other !== null))
  for (const member of members.map(optional)) {
    for (const one of member.wrong) wrong.push({ ...one, value: { ...value, [member.name]: one.value } })
  }
  return { name, value, wrong }
}
