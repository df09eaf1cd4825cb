import { type InspectOptionsStylized, inspect } from 'node:util'
import { EventError, type EventErrorCode } from '../native/errors.js'
import { type HandleNumber, native } from '../native/native.js'
import { SharedNumber, sharedNumber } from '../native/shared-numbers.js'
import { EndReason } from '../native/tables.js'
import { creationStack, traceCreated, traceDropped } from '../util/tracing.js'
import { BOUND_TO_THREAD } from '../util/uncloneable.js'
import { kMade } from '../util/validation.js'
import { reportBufferChanges } from './buffer-changes.js'
import { endMark } from './handle-end.js'

/** The first argument of constructors that take the number of a native object. Only this library has it. */
export const kAdopt: unique symbol = Symbol('adopt')

const REFUSALS: ReadonlySet<EventErrorCode> = new Set(['ERR_EV_REENTRANT', 'ERR_EV_FORKED'])

/** Describes a live handle for `util.inspect()`, beside its type and id. It never shows a header, a body, a query or a secret. */
export const kAbout: unique symbol = Symbol('about')

/** Called once, when JavaScript disposes a handle, after the native object has been freed. */
export const kReleased: unique symbol = Symbol('released')

/** @returns the number of a handle's native object; 0 or less once the handle has ended */
export let handleOf: (handle: EventHandle) => HandleNumber
/** For methods that do not call the native object. @throws what every method throws once its handle has ended */
export let checkLive: (handle: EventHandle) => void
/** Marks a handle as ended when its native object has ended by itself. */
export let forget: (handle: EventHandle, reason: (typeof EndReason)[keyof typeof EndReason]) => void

// No handle is unregistered when it ends: its number tells the addon that it has ended before.
const collected = new FinalizationRegistry<HandleNumber>((number) => {
  const stack = creationStack(number)
  const gone = native.collect(number)
  traceDropped()
  if (sharedNumber(SharedNumber.bufferChanges) !== 0) reportBufferChanges()
  if (gone === undefined) return
  const [type, id] = gone
  process.emitWarning(`${type} #${id} was collected without having been disposed`, {
    type: 'HandleLeakWarning',
    code: 'BITCOIN_SUPPORT_LEAK',
    detail: stack ?? 'Set BITCOIN_SUPPORT_STACKS=1 to see where it was created.',
  })
})

/** @throws `ERR_EV_HANDLE` for anything but a handle, whether it has ended or not */
function checkIsHandle(value: EventHandle): void {
  handleOf(value)
}

/** Disposes and reports `handle` when it is collected. */
export function reportWhenCollected(handle: EventHandle): void {
  collected.register(handle, handleOf(handle))
}

/**
 * The base class of every handle. Types derive from it through `declareEventType()`.
 *
 * A handle is live from its construction until {@link dispose}, until its owner is disposed, or until its native
 * object ends. A handle that nothing keeps alive is disposed when it is collected, and reported by a process warning
 * with the code `BITCOIN_SUPPORT_LEAK`.
 */
export abstract class EventHandle {
  #number: HandleNumber
  readonly #type: number
  /** Number of this handle among those of its type, in the whole process; the first one is 1. */
  readonly id: number

  static {
    handleOf = (handle) => {
      if (typeof handle !== 'object' || handle === null || !(#number in handle)) {
        throw new EventError('ERR_EV_HANDLE', 'not a handle')
      }
      return handle.#number
    }
    checkLive = (handle) => {
      native.checkLive(handleOf(handle))
    }
    forget = (handle, reason) => {
      if (handle.#number > 0) handle.#number = endMark(handle.#type, handle.id, reason)
    }
  }

  /** @internal */
  readonly '[handle]' = BOUND_TO_THREAD

  /** @internal */
  static [kMade](value: object): boolean {
    return #number in value
  }

  /** @internal */
  constructor(type: number, number: HandleNumber) {
    this.#type = type
    this.#number = number
    this.id = sharedNumber(SharedNumber.createdId)
    traceCreated(number, type, this.id)
  }

  /** Whether the handle has ended, by {@link dispose} or otherwise. */
  get disposed(): boolean {
    return this.#number <= 0 || !native.isLive(this.#number)
  }

  /**
   * Ends the handle. What lives on it ends first; then its memory is wiped and released, and the live count goes down. Calls
   * after the first do nothing.
   */
  dispose(): void {
    const number = this.#number
    if (number <= 0) return
    this.#number = endMark(this.#type, this.id, EndReason.disposed)
    try {
      native.dispose(number, this.#type)
    } catch (error) {
      // The addon refuses inside the log callback, and in a forked child for a handle of the parent. The handle lives on.
      if (error instanceof EventError && REFUSALS.has(error.code)) this.#number = number
      // Anything else was thrown by the log callback, and the handle has ended.
      else this.#reportReleased()
      throw error
    }
    this.#reportReleased()
    if (sharedNumber(SharedNumber.bufferChanges) !== 0) reportBufferChanges()
  }

  #reportReleased(): void {
    this[kReleased]()
    traceDropped()
  }

  /** @internal */
  [kReleased](): void {}

  /** @internal */
  [kAbout](): string {
    return ''
  }

  /**
   * What `util.inspect()` and `console.log()` show: `LibEvent #4 { fd 22 READ|PERSIST, pending }`.
   *
   * @internal
   */
  [inspect.custom](depth: number, options: InspectOptionsStylized): string {
    const name = `${Reflect.get(this.constructor, 'typeName')} #${this.id}`
    if (depth < 0) return options.stylize(`[${name}]`, 'special')
    const { id: _, '[handle]': __, ...fields } = this
    const own = inspect(fields, { ...options, depth })
    const parts = [#number in this ? this.#about() : 'not a handle', own === '{}' ? '' : own.slice(2, -2)].filter(
      (part) => part !== '',
    )
    return parts.length === 0 ? `${name} {}` : `${name} { ${parts.join(', ')} }`
  }

  #about(): string {
    try {
      return this.disposed ? 'disposed' : this[kAbout]()
    } catch (error) {
      // The addon refuses all calls inside the log callback, and in a forked child those on a handle of the parent.
      if (error instanceof EventError) return error.code
      throw error
    }
  }

  /** The same as {@link dispose}, for `using`. */
  [Symbol.dispose](): void {
    // The `dispose()` of anything else is not ours to call.
    checkIsHandle(this)
    this.dispose()
  }
}

/** A live handle, as {@link liveHandles} lists it. */
export interface LiveHandle {
  /** The name it was declared with. */
  type: string
  /** Its `id`. */
  id: number
  /** Where it was created, if stacks were captured then. */
  stack?: string
}

/**
 * Lists the live handles of this thread.
 *
 * @returns one entry a handle, in no particular order
 * @example
 * ```ts
 * console.table(liveHandles())
 * ```
 */
export function liveHandles(): LiveHandle[] {
  const flat = native.listLive()
  const list: LiveHandle[] = []
  for (let i = 0; i < flat.length; i += 3) {
    const stack = creationStack(flat[i] as number)
    list.push({ type: flat[i + 1] as string, id: flat[i + 2] as number, ...(stack === undefined ? {} : { stack }) })
  }
  return list
}
