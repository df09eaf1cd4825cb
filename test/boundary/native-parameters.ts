// Parameters of the addon's functions by kind: a right value, values that are refused, and odd ones that must not crash. The
// library checks arguments by name; here only the error's class and code count.
import type { Gallery, GalleryMember } from './gallery.js'
import { type Hostile, hostileLists } from './hostile.js'
import type { ArgumentError } from './outcomes.js'

/** A handle of the gallery, passed as its number. */
export interface HandleParameter {
  readonly handle: (gallery: Gallery) => GalleryMember
  /** Those that are of the wrong type there. */
  readonly others: (gallery: Gallery) => readonly GalleryMember[]
}

/** Anything else. */
export interface ValueParameter {
  readonly value: (gallery: Gallery) => unknown
  readonly wrong: readonly { readonly value: unknown; readonly error: ArgumentError }[]
  /** Of the right type, whatever comes of them. */
  readonly odd: readonly unknown[]
  /** Of the right type, and run JavaScript when they are read. */
  readonly hostile?: readonly Hostile[]
  /** Memory is as good as anything. */
  readonly takesBytes?: true
}

export type Parameter = HandleParameter | ValueParameter

const INT_MAX = 2 ** 31 - 1
const INT_MIN = -(2 ** 31)

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
  new Float64Array(1),
  new DataView(new ArrayBuffer(1)),
  new ArrayBuffer(1),
  new Proxy([], {}),
  { toString: () => 'text', valueOf: () => 1 },
]

function refuse(accepts: (value: unknown) => boolean): ValueParameter['wrong'] {
  return ANYTHING.filter((value) => !accepts(value)).map((value) => ({ value, error: 'ERR_INVALID_ARG_TYPE' }))
}

function constant(value: unknown): (gallery: Gallery) => unknown {
  return typeof value === 'function' ? (value as (gallery: Gallery) => unknown) : () => value
}

/** @param pick chooses the handle that belongs there */
export function handle(pick: (gallery: Gallery) => GalleryMember): HandleParameter {
  const others = (gallery: Gallery) =>
    gallery.handles.filter((other) => other.constructor !== pick(gallery).constructor)
  return { handle: pick, others }
}

export function int(value: unknown, odd: readonly number[] = [0, -1, 1, 255, INT_MAX, INT_MIN]): ValueParameter {
  const numbers = [0.5, Number.NaN, Infinity, -Infinity, INT_MAX + 1, INT_MIN - 1, 2 ** 53]
  const wrong = numbers.map((number) => ({ value: number, error: 'ERR_OUT_OF_RANGE' as const }))
  return { value: constant(value), wrong: [...refuse((other) => typeof other === 'number'), ...wrong], odd }
}

export function number(value: unknown): ValueParameter {
  const odd = [Number.NaN, Infinity, -Infinity, -1, 0, -0, 0.5, 1e308, 2 ** 53, Number.MIN_VALUE]
  return { value: constant(value), wrong: refuse((other) => typeof other === 'number'), odd }
}

/** A position in a buffer. */
export function position(value: number): ValueParameter {
  const numbers = [0.5, Number.NaN, Infinity, -Infinity, -1, 100_000, 2 ** 53]
  const wrong = numbers.map((number) => ({ value: number, error: 'ERR_OUT_OF_RANGE' as const }))
  return { value: constant(value), wrong: [...refuse((other) => typeof other === 'number'), ...wrong], odd: [0, -0, 1] }
}

/** A secure buffer's number: what is none is refused by the result, not by an error. */
export function secureNumber(): ValueParameter {
  const odd = [...ANYTHING, Number.NaN, Infinity, -Infinity, -1, 0, 0.5, 1, 2 ** 24, 2 ** 53 - 1, 2 ** 53, 1e308]
  return { value: constant(0), wrong: [], odd }
}

export function bool(value: boolean): ValueParameter {
  return { value: constant(value), wrong: refuse((other) => typeof other === 'boolean'), odd: [!value] }
}

const ODD_TEXT = ['', '\0', 'a\0b', '\r\n', 'a: b', '%00', '%', '*', '\u00e9', '\u0100', '\ud800', 'x'.repeat(100_000)]

/** @param value a string, or what makes one */
export function text(value: unknown, odd: readonly string[] = ODD_TEXT): ValueParameter {
  return { value: constant(value), wrong: refuse((other) => typeof other === 'string'), odd }
}

/** A piece of a body. */
export function bytes(value: string | Uint8Array): ValueParameter {
  const detached = new Uint8Array(8)
  structuredClone(detached.buffer, { transfer: [detached.buffer] })
  // Newer than the language level of this code, though every supported Node has them.
  const resizable: ArrayBuffer = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }])
  const shrunk = new Uint8Array(resizable, 4, 4)
  Reflect.apply(Reflect.get(resizable, 'resize'), resizable, [0])
  const shared = new Uint8Array(new SharedArrayBuffer(8), 2, 3)
  const odd = ['', '\0', '\ud800', 'x'.repeat(100_000), new Uint8Array(0), new Uint8ClampedArray(3), Buffer.from('x')]
  return {
    value: constant(value),
    wrong: refuse((other) => typeof other === 'string' || other instanceof Uint8Array),
    odd: [...odd, detached, shrunk, shared],
    takesBytes: true,
  }
}

/** Memory to be filled. */
export function memory(size: number | Uint8Array): ValueParameter {
  const { odd } = bytes('')
  return {
    value: () => (typeof size === 'number' ? new Uint8Array(size) : size),
    wrong: refuse((other) => other instanceof Uint8Array),
    odd: odd.filter((other) => typeof other !== 'string'),
  }
}

/** Memory that is written to. */
export function slab(): ValueParameter {
  const detached = new Uint8Array(8)
  structuredClone(detached.buffer, { transfer: [detached.buffer] })
  return {
    value: constant(new Uint8Array(64)),
    wrong: refuse((other) => other instanceof Uint8Array),
    odd: [new Uint8Array(0), detached, new Uint8Array(new SharedArrayBuffer(8))],
  }
}

/** An address in C; 0 is one unless it is to be called. */
export function address(value: bigint): ValueParameter {
  const numbers = [-1n, 2n ** 64n, -(2n ** 70n), ...(value === 0n ? [] : [0n])]
  const wrong = numbers.map((number) => ({ value: number, error: 'ERR_OUT_OF_RANGE' as const }))
  return { value: constant(value), wrong: [...refuse((other) => typeof other === 'bigint'), ...wrong], odd: [] }
}

/** Bytes that no other thread can change. */
export function bytesView(value: Uint8Array): ValueParameter {
  const accepts = (other: unknown) => other instanceof Uint8Array
  const detached = new Uint8Array(new ArrayBuffer(3))
  structuredClone(detached.buffer, { transfer: [detached.buffer] })
  return { value: constant(value), wrong: refuse(accepts), odd: [new Uint8Array(0), detached, new Uint8Array(100_000)] }
}

/** What stands for something that lives. */
export function token(pick: (gallery: Gallery) => bigint): ValueParameter {
  const odd = [0n, 1n, -1n, 2n ** 64n - 1n, 2n ** 64n, -(2n ** 100n)]
  return { value: pick, wrong: refuse((other) => typeof other === 'bigint'), odd }
}

/** A list of strings. */
export function list(value: readonly string[], odd: readonly unknown[] = []): ValueParameter {
  const lists = [
    [],
    ['a'],
    ['a', 'b', 'c'],
    new Array(3),
    [undefined, null],
    [1, 2],
    ['\0', '\r\n'],
    [Symbol('s'), 'b'],
    [new Uint8Array(2), Buffer.from('b')],
  ]
  const wrong = refuse((other) => Array.isArray(other))
  return { value: constant(value), wrong, odd: [...lists, ...odd], hostile: hostileLists(value) }
}

export function optional(parameter: ValueParameter): ValueParameter {
  return { ...parameter, wrong: parameter.wrong.filter(({ value }) => value !== undefined) }
}
