// Arguments that run JavaScript when they are read, and what that JavaScript does.

/** Something that strikes when it is read. */
export interface Hostile {
  readonly what: string
  readonly make: (strike: () => void) => unknown
}

function withGetter(value: readonly unknown[], at: number, get: (list: unknown[]) => unknown): unknown[] {
  const list = [...value]
  Object.defineProperty(list, at, { get: () => get(list), enumerable: true, configurable: true })
  return list
}

/** Arrays with getters among the elements of `value`. */
export function hostileLists(value: readonly unknown[]): Hostile[] {
  const each = (what: string, get: (strike: () => void, list: unknown[], element: unknown) => unknown) =>
    value.map((element, at) => ({
      what: `${what} (element ${at})`,
      make: (strike: () => void) => withGetter(value, at, (list) => get(strike, list, element)),
    }))
  return [
    ...each('a getter', (strike, _, element) => {
      strike()
      return element
    }),
    ...each('a getter that gives something else', (strike) => {
      strike()
      return { toString: strike, valueOf: strike }
    }),
    ...each('a getter that shortens the array', (strike, list, element) => {
      strike()
      list.length = 0
      return element
    }),
    ...each('a getter that lengthens the array', (strike, list, element) => {
      strike()
      for (let i = 0; i < 1000; i++) list.push(element)
      return element
    }),
    {
      what: 'holes that the prototype fills',
      make: (strike) => {
        const list: unknown[] = new Array(value.length)
        const prototype = Object.create(Array.prototype, {
          0: {
            get: () => {
              strike()
              return value[0]
            },
          },
        })
        return Object.setPrototypeOf(list, prototype)
      },
    },
  ]
}

class HostileBytes extends Uint8Array {}
for (const name of ['length', 'byteLength', 'byteOffset', 'buffer', Symbol.iterator]) {
  Object.defineProperty(HostileBytes.prototype, name, {
    get(this: { strike?: () => void }) {
      this.strike?.()
      return 2 ** 31
    },
  })
}

function trap(strike: () => void): ProxyHandler<object> {
  const handler =
    (name: string) =>
    (...args: unknown[]) => {
      strike()
      return Reflect.apply(Reflect.get(Reflect, name), undefined, args)
    }
  return Object.fromEntries(Object.getOwnPropertyNames(Reflect).map((name) => [name, handler(name)]))
}

/** What stands in any argument's place: nothing may look at it in a way that runs JavaScript. */
export const hostileValues: readonly Hostile[] = [
  { what: 'an object', make: (strike) => ({ valueOf: strike, toString: strike, [Symbol.toPrimitive]: strike }) },
  { what: 'a Number', make: (strike) => Object.assign(Object(1), { valueOf: strike, toString: strike }) },
  { what: 'a String', make: (strike) => Object.assign(Object('text'), { valueOf: strike, toString: strike }) },
  { what: 'a Boolean', make: (strike) => Object.assign(Object(true), { valueOf: strike, toString: strike }) },
  { what: 'a BigInt', make: (strike) => Object.assign(Object(1n), { valueOf: strike, toString: strike }) },
  { what: 'a proxy of an object', make: (strike) => new Proxy({}, trap(strike)) },
  { what: 'a proxy of an array', make: (strike) => new Proxy(['a', 'b'], trap(strike)) },
  { what: 'a proxy of bytes', make: (strike) => new Proxy(new Uint8Array(4), trap(strike)) },
  { what: 'a proxy of a function', make: (strike) => new Proxy(() => {}, trap(strike)) },
  {
    what: 'bytes with accessors',
    make: (strike) => Object.defineProperty(new HostileBytes(4), 'strike', { value: strike }),
  },
]

const HOOKED = 16

/** Calls back while whoever writes an element of a new array runs `strike`, once. */
export function whileArraysStrike<T>(strike: () => void, call: () => T): T {
  const unhook = () => {
    for (let i = 0; i < HOOKED; i++) Reflect.deleteProperty(Array.prototype, i)
  }
  const set = () => {
    unhook()
    strike()
  }
  for (let i = 0; i < HOOKED; i++) Object.defineProperty(Array.prototype, i, { set, configurable: true })
  try {
    return call()
  } finally {
    unhook()
  }
}

/** Takes the memory of a view away. */
export function detach(view: Uint8Array): void {
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] })
}

/** Bytes of a buffer that can be made smaller, and what does that. */
export function resizable(size: number): { readonly bytes: Uint8Array; readonly shrink: () => void } {
  // Newer than the language level of this code, though every supported Node has them.
  const buffer: ArrayBuffer = Reflect.construct(ArrayBuffer, [size, { maxByteLength: size * 2 }])
  return { bytes: new Uint8Array(buffer), shrink: () => Reflect.apply(Reflect.get(buffer, 'resize'), buffer, [0]) }
}
