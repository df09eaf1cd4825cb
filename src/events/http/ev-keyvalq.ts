import { inspect } from 'node:util'
import { native } from '../../native/native.js'
import { ListOwner } from '../../native/tables.js'
import { BOUND_TO_THREAD } from '../../util/uncloneable.js'
import { checkString, kMade } from '../../util/validation.js'
import { declareEventType } from '../declare-event-type.js'
import { type EventHandle, handleOf, kAdopt, reportWhenCollected } from '../event-handle.js'

/** The handle of an owned list. A view of a request's headers has none: views are made for every request. */
class ListHandle extends declareEventType('EvKeyvalq') {
  constructor() {
    super(kAdopt, native.keyvalqNew())
    reportWhenCollected(this)
  }
}

/** @returns the headers of `request` that were received, or those that will be sent */
export let headersOf: (request: EventHandle, input: boolean) => EvKeyvalq

/**
 * A list of names and values: libevent's `evkeyvalq`. Either it holds the headers of a request or of its reply, in the order of
 * the message; then it is a view, which ends with its request. Or the user owns it: see {@link OwnedEvKeyvalq}. Names are
 * compared without regard to case.
 *
 * @see evhttp_find_header(), evhttp_add_header(), evhttp_remove_header(), evhttp_clear_headers()
 */
export class EvKeyvalq implements Iterable<[name: string, value: string]> {
  /** The name under which owned lists are counted. */
  static readonly typeName: string = ListHandle.typeName
  readonly #handle: EventHandle
  readonly #owner: number
  /** @internal */
  readonly '[handle]' = BOUND_TO_THREAD

  static {
    headersOf = (request, input) => new EvKeyvalq(request, input ? ListOwner.inputOfRequest : ListOwner.outputOfRequest)
  }

  /** @internal */
  static [kMade](value: object): boolean {
    return #handle in value
  }

  /** @internal */
  constructor(handle: EventHandle, owner: number) {
    this.#handle = handle
    this.#owner = owner
  }

  /** Live owned lists in the whole process, all threads. */
  static live(): number {
    return ListHandle.live()
  }

  /**
   * @param name - a header's name
   * @returns the value of the first header of that name, as Latin-1; undefined when there is none
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended
   */
  findHeader(name: string): string | undefined {
    checkString(name, 'name')
    return native.keyvalqFindHeader(handleOf(this.#handle), this.#owner, name)
  }

  /**
   * Appends a header.
   *
   * @param name - a token of RFC 9110
   * @param value - Latin-1 text without CR, LF and NUL
   * @throws {TypeError} when an argument is no string
   * @throws {RangeError} when the name or the value may not stand in a message
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended
   */
  addHeader(name: string, value: string): void {
    checkString(name, 'name')
    checkString(value, 'value')
    native.keyvalqAddHeader(handleOf(this.#handle), this.#owner, name, value)
  }

  /**
   * Removes the first header of that name.
   *
   * @param name - a header's name
   * @returns whether there was one
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended
   */
  removeHeader(name: string): boolean {
    checkString(name, 'name')
    return native.keyvalqRemoveHeader(handleOf(this.#handle), this.#owner, name)
  }

  /**
   * Removes all headers.
   *
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended
   */
  clearHeaders(): void {
    native.keyvalqClearHeaders(handleOf(this.#handle), this.#owner)
  }

  /** Iterates over the headers as they are now, in the order of the message. */
  *[Symbol.iterator](): Iterator<[name: string, value: string]> {
    const flat = native.keyvalqListHeaders(handleOf(this.#handle), this.#owner)
    for (let i = 0; i + 1 < flat.length; i += 2) yield [flat[i] as string, flat[i + 1] as string]
  }
}

/** @returns the handle of an owned list */
export let listHandleOf: (list: OwnedEvKeyvalq) => EventHandle

/**
 * A list of names and values that is no part of a request, such as a parsed query. The user owns it. It is counted, listed,
 * traced and reported as a leak like every handle, and its memory is wiped when it ends.
 */
export class OwnedEvKeyvalq extends EvKeyvalq implements Disposable {
  readonly #list: EventHandle

  static {
    listHandleOf = (list) => list.#list
  }

  /** @internal */
  static override [kMade](value: object): boolean {
    return #list in value
  }

  constructor() {
    const list = new ListHandle()
    super(list, ListOwner.itself)
    this.#list = list
  }

  /** @internal */
  [inspect.custom](): string {
    const name = `EvKeyvalq #${this.id}`
    if (this.disposed) return `${name} { disposed }`
    const { length } = [...this]
    return `${name} { ${length} ${length === 1 ? 'entry' : 'entries'} }`
  }

  /** Number of this list among all of them, in the whole process; the first one is 1. */
  get id(): number {
    return this.#list.id
  }

  /** Whether the list has ended. */
  get disposed(): boolean {
    return this.#list.disposed
  }

  /** Ends the list. Calls after the first do nothing. */
  dispose(): void {
    this.#list.dispose()
  }

  /** The same as {@link dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.#list.dispose()
  }
}

/**
 * Makes an empty list.
 *
 * @returns the list, which the caller owns
 * @example
 * ```ts
 * using query = obtainEvKeyvalq()
 * evhttpParseQueryStr('count=5&verbose=1', query)
 * query.findHeader('count') // '5'
 * ```
 */
export function obtainEvKeyvalq(): OwnedEvKeyvalq {
  return new OwnedEvKeyvalq()
}
