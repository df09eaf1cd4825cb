import { native } from '../native/native.js'
import { traceType } from '../util/tracing.js'
import { checkString, rangeError } from '../util/validation.js'
import { EventHandle, kAdopt, reportWhenCollected } from './event-handle.js'

/** The class that {@link declareEventType} makes. */
export interface DeclaredEventType {
  new (): EventHandle
  /** @internal */
  new (adopt: typeof kAdopt, number: number): EventHandle
  /** The prototype of all instances. */
  readonly prototype: EventHandle
  /** The name that was declared. */
  readonly typeName: string
  /** Live instances in the whole process, all threads. */
  live(): number
}

const numbers = new Map<string, number>()

/** @internal @returns the addon's number of a type that has been declared in this thread */
export function typeNumberOf(name: string): number {
  return numbers.get(name) as number
}

/**
 * Declares a handle type and returns the class to derive it from. Its instances are counted, listed, traced and reported as
 * leaks like the library's own.
 *
 * @param name - the type's name. Each thread may declare it once; all threads share its count.
 * @returns the base class; `new` makes a live handle
 * @throws {TypeError} when `name` is no string
 * @throws {RangeError} when it is empty
 * @throws {EventError} `ERR_EV_EXISTS` when this thread has declared it already
 * @example
 * ```ts
 * class TorController extends declareEventType('TorController') {
 *   readonly #event: LibEvent
 *   constructor(base: EventBase) {
 *     super()
 *     this.#event = obtainEvent(base, -1, EV_PERSIST, () => this.ping())
 *   }
 *   override dispose(): void {
 *     this.#event.dispose()
 *     super.dispose()
 *   }
 * }
 * ```
 */
export function declareEventType(name: string): DeclaredEventType {
  checkString(name, 'name')
  if (name === '') throw rangeError('name', 'a non-empty string', '')
  const type = native.declareType(name)
  numbers.set(name, type)
  traceType(type, name)

  class DeclaredType extends EventHandle {
    static readonly typeName = name

    static live(): number {
      return native.liveCount(type)
    }

    constructor(adopt?: typeof kAdopt, number?: number) {
      if (adopt === kAdopt && number !== undefined) {
        super(type, number)
      } else {
        super(type, native.newDeclared(type))
        reportWhenCollected(this)
      }
    }
  }
  return DeclaredType
}
