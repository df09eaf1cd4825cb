// Finds the methods and getters of a class by reflection, so that nothing new goes untested.

/** A method, or the reading half of an accessor. */
export type Callable = (this: unknown, ...args: unknown[]) => unknown

const WELL_KNOWN = new Map(
  Object.getOwnPropertyNames(Symbol)
    .map((name) => [Reflect.get(Symbol, name), `[Symbol.${name}]`] as const)
    .filter(([key]) => typeof key === 'symbol'),
)

/**
 * @param type a class
 * @returns its methods and getters with those that it inherits, by name. Those that are named by a symbol of the
 * library's own are left out: nobody outside has that symbol.
 */
export function surfaceOf(type: { readonly prototype: object }): Map<string, Callable> {
  const surface = new Map<string, Callable>()
  for (let at = type.prototype; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const key of Reflect.ownKeys(at)) {
      const name = typeof key === 'string' ? key : WELL_KNOWN.get(key)
      if (name === undefined || name === 'constructor' || surface.has(name)) continue
      const { value, get } = Object.getOwnPropertyDescriptor(at, key) ?? {}
      surface.set(name, value ?? get)
    }
  }
  return surface
}
