import { inspect } from 'node:util'
import { type HandleNumber, native } from '../util/native.js'
import { checkBytes, checkInteger, typeError } from '../util/validation.js'
import { declareEventType } from './declare-event-type.js'
import { handleOf, kAdopt, reportWhenCollected } from './event-handle.js'

/** Makes the object for the native view of a buffer that belongs to something else, which keeps it. */
export let viewOfBuffer: (number: HandleNumber) => EvBuffer

/**
 * libevent's `evbuffer`: bytes that are added at the end and taken from the start, in pieces that move between buffers
 * without being copied.
 *
 * `obtainEvBuffer()` makes one that its user owns. The buffers of a bufferevent or of a request belong to those: what
 * JavaScript has of them is a view, which ends with its owner; disposing a view leaves the buffer as it is.
 *
 * JavaScript never sees libevent's own memory: what is read is a copy, which the caller owns. libevent wipes its own
 * memory when it is done with it.
 *
 * @see evbuffer_new(), evbuffer_free()
 */
export class EvBuffer extends declareEventType('EvBuffer') {
  static {
    viewOfBuffer = (number) => new EvBuffer(kAdopt, number)
  }

  constructor()
  /** @internal */
  constructor(adopt: typeof kAdopt, view: HandleNumber)
  constructor(adopt?: typeof kAdopt, view?: HandleNumber) {
    const isView = adopt === kAdopt && view !== undefined
    super(kAdopt, isView ? view : native.bufferNew())
    if (!isView) reportWhenCollected(this)
  }

  /**
   * @returns how many bytes the buffer holds
   * @see evbuffer_get_length()
   */
  getLength(): number {
    return native.bufferGetLength(handleOf(this))
  }

  /**
   * Appends a copy of `data`.
   *
   * @param data - a string goes as UTF-8
   * @throws {TypeError} when it is neither a string nor a Uint8Array
   * @throws {EventError} `ERR_EV_STATE` when the buffer is frozen at its end, or a view that can only be looked at
   * @see evbuffer_add()
   */
  add(data: string | Uint8Array): void {
    checkBytes(data, 'data')
    native.bufferAdd(handleOf(this), data)
  }

  /**
   * Puts a copy of `data` before the first byte.
   *
   * @param data - a string goes as UTF-8
   * @throws {TypeError} when it is neither a string nor a Uint8Array
   * @throws {EventError} `ERR_EV_STATE` when the buffer is frozen at its start, or a view that can only be looked at
   * @see evbuffer_prepend()
   */
  prepend(data: string | Uint8Array): void {
    checkBytes(data, 'data')
    native.bufferPrepend(handleOf(this), data)
  }

  /**
   * Drops bytes from the start.
   *
   * @param size - how many; if there are fewer, all are dropped
   * @throws {EventError} `ERR_EV_STATE` when the buffer is frozen at its start, or a view that can only be looked at
   * @see evbuffer_drain()
   */
  drain(size: number): void {
    checkSize(size, 'size')
    native.bufferDrain(handleOf(this), size)
  }

  /**
   * Takes bytes from the start.
   *
   * @param size - how many; if there are fewer, all are taken. Default: all
   * @returns the bytes
   * @throws {EventError} `ERR_EV_STATE` when the buffer is frozen at its start, or a view that can only be looked at
   * @see evbuffer_remove()
   */
  remove(size?: number): Buffer
  /**
   * Takes bytes from the start.
   *
   * @param into - is filled from its beginning, as far as there are bytes
   * @returns how many they were
   * @throws {EventError} `ERR_EV_STATE` when the buffer is frozen at its start, or a view that can only be looked at
   * @see evbuffer_remove()
   */
  remove(into: Uint8Array): number
  remove(target: number | Uint8Array = MAX_SIZE): Buffer | number {
    if (checkTarget(target)) return native.bufferRemoveInto(handleOf(this), target)
    return native.bufferRemove(handleOf(this), target)
  }

  /** @returns what a string shows of the buffer: its length, never its content, which may be a secret */
  override toString(): string {
    return this.disposed ? `EvBuffer #${this.id} (disposed)` : `EvBuffer #${this.id} (${this.getLength()} bytes)`
  }

  /** @returns the same as {@link toString}, for `console.log()` */
  [inspect.custom](): string {
    return this.toString()
  }
}

/** Beyond what any buffer can hold. */
const MAX_SIZE = Number.MAX_SAFE_INTEGER

function checkSize(size: unknown, name: string): void {
  checkInteger(size, name, 0, MAX_SIZE)
}

/** @returns whether it is memory to be filled; else it is a size */
function checkTarget(target: unknown): target is Uint8Array {
  if (target instanceof Uint8Array) return true
  if (typeof target !== 'number') throw typeError('size', 'a number or a Uint8Array', target)
  checkSize(target, 'size')
  return false
}

/**
 * Makes an empty buffer. It needs no base.
 *
 * @returns the buffer, which the caller owns
 * @example
 * ```ts
 * using buffer = obtainEvBuffer()
 * buffer.add('GET / HTTP/1.0\r\n\r\n')
 * console.log(buffer.remove(3).toString()) // GET
 * ```
 * @see evbuffer_new()
 */
export function obtainEvBuffer(): EvBuffer {
  return new EvBuffer()
}
