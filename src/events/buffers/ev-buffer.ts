import { AsyncResource } from 'node:async_hooks'
import { type HandleNumber, native } from '../../native/native.js'
import { EventError } from '../../util/errors.js'
import {
  checkBoolean,
  checkBytes,
  checkFunction,
  checkInstance,
  checkInteger,
  checkUint8Array,
  INT_MAX,
  typeError,
} from '../../util/validation.js'
import { EVBUFFER_CB_ENABLED, EVBUFFER_FLAG_DRAINS_TO_FD } from '../constants.js'
import { checkLive, handleOf, kAbout, kAdopt, reportWhenCollected } from '../event-handle.js'
import { BoundCallback } from '../loop/base-state.js'
import { EventBase, type EvutilSocket } from '../loop/event-base.js'
import { awaitRelease, type ChangeReceiver, forgetRelease, kChanged, watchBuffer } from './buffer-news.js'
import { checkSize, EvBufferBytes } from './ev-buffer-bytes.js'
import { BufferCallbacks, type EvBufferCallback } from './ev-buffer-callbacks.js'

/**
 * Makes the object for the native view of a buffer that belongs to something else. It keeps `owner` alive, where that is
 * what its users have need of.
 */
export let viewOfBuffer: (number: HandleNumber, owner?: object) => EvBuffer

const owners = new WeakMap<EvBuffer, object>()

/**
 * `checkInstance()` for buffers, which are passed on for every message: V8 knows here what it is asked for.
 *
 * @throws TypeError unless `value` is an EvBuffer.
 */
export function checkBuffer(value: unknown, name: string): void {
  if (!(value instanceof EvBuffer)) throw typeError(name, `an instance of ${EvBuffer.name}`, value)
}

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
export class EvBuffer extends EvBufferBytes implements ChangeReceiver {
  readonly #callbacks = new BufferCallbacks(this)
  #reserved: ArrayBufferLike | undefined

  static {
    viewOfBuffer = (number, owner) => {
      const view = new EvBuffer(kAdopt, number)
      if (owner !== undefined) owners.set(view, owner)
      return view
    }
  }

  constructor()
  /** @internal */
  constructor(adopt: typeof kAdopt, view: HandleNumber)
  constructor(adopt?: typeof kAdopt, view?: HandleNumber) {
    const isView = adopt === kAdopt && view !== undefined
    super(kAdopt, isView ? view : native.bufferNew())
    if (!isView) reportWhenCollected(this)
  }

  // --- between buffers ---------------------------------------------------------------------------

  /**
   * Moves all that another buffer holds to the end of this one, without copying it.
   *
   * @param other - the other buffer; the same one: nothing happens
   * @throws {EventError} `ERR_EV_STATE` when an end that is needed is frozen, or a view can only be looked at
   * @see evbuffer_add_buffer()
   */
  addBuffer(other: EvBuffer): void {
    checkBuffer(other, 'other')
    native.bufferAddBuffer(handleOf(this), handleOf(other))
  }

  /**
   * The same to the start of this one.
   *
   * @param other - the other buffer; the same one: nothing happens
   * @throws {EventError} as {@link addBuffer}
   * @see evbuffer_prepend_buffer()
   */
  prependBuffer(other: EvBuffer): void {
    checkBuffer(other, 'other')
    native.bufferPrependBuffer(handleOf(this), handleOf(other))
  }

  /**
   * Moves bytes from the start of this buffer to the end of another one, without copying most of them.
   *
   * @param into - the other buffer; the same one: nothing happens
   * @param size - how many; if there are fewer, all are moved
   * @returns how many were moved
   * @throws {EventError} as {@link addBuffer}
   * @see evbuffer_remove_buffer()
   */
  removeBuffer(into: EvBuffer, size: number): number {
    checkBuffer(into, 'into')
    checkSize(size, 'size')
    return native.bufferRemoveBuffer(handleOf(this), handleOf(into), size)
  }

  /**
   * Appends what another buffer holds, which keeps it too: both refer to the same memory. A view's content is copied.
   *
   * @param other - the other buffer; it may be changed or disposed afterwards
   * @throws {EventError} `ERR_EV_STATE` when this one's end is frozen, or the other one is the same, or holds such
   * references or files itself
   * @see evbuffer_add_buffer_reference()
   */
  addBufferReference(other: EvBuffer): void {
    checkBuffer(other, 'other')
    native.bufferAddBufferReference(handleOf(this), handleOf(other))
  }

  /**
   * Appends a piece of which libevent tells when it is done with it: written, drained or disposed. Until then `cleanup`
   * is kept, and so is all that it refers to: a buffer that it names itself is never collected. The bytes are copied
   * once: an ArrayBuffer's memory can be transferred away at any time, which libevent could not know.
   *
   * @param data - a string goes as UTF-8
   * @param cleanup - called when libevent has let go of the piece, whatever buffer it has moved to
   * @throws {EventError} as {@link add}
   * @see evbuffer_add_reference()
   */
  addReference(data: string | Uint8Array, cleanup?: () => void): void {
    checkBytes(data, 'data')
    if (cleanup !== undefined) checkFunction(cleanup, 'cleanup')
    const number = handleOf(this)
    if (cleanup === undefined) {
      native.bufferAddReference(number, data, 0)
      return
    }
    const resource = new AsyncResource('EvBuffer.cleanup', { requireManualDestroy: true })
    const key = awaitRelease(new BoundCallback(cleanup, resource))
    const before = native.bufferGetLength(number)
    let added = false
    try {
      native.bufferAddReference(number, data, key)
      added = true
    } finally {
      // A callback of the buffer may throw although the piece is there.
      if (!added && !this.disposed && this.getLength() === before) forgetRelease(key)
    }
  }

  // --- descriptors -------------------------------------------------------------------------------

  /**
   * Appends a part of a file, which is read now.
   *
   * @param fd - a descriptor of a file. When this returns it is libevent's, which closes it when the piece has been
   * written, drained or disposed; when it throws it is still the caller's. Never give one that something else closes.
   * @param offset - where the part starts, in bytes
   * @param length - its length; default: to the end of the file
   * @throws {RangeError} when the file has no such part, or it is 2 GiB or more
   * @throws {EventError} `ERR_EV_LIBEVENT` with `errno` when the file cannot be read, else as {@link add}
   * @see evbuffer_add_file()
   */
  addFile(fd: EvutilSocket, offset = 0, length?: number): void {
    checkInteger(fd, 'fd', 0, INT_MAX)
    checkSize(offset, 'offset')
    if (length !== undefined) checkSize(length, 'length')
    native.bufferAddFile(handleOf(this), fd, offset, length ?? -1)
  }

  /**
   * Reads from a descriptor what it has, 4096 bytes at most.
   *
   * @param fd - a descriptor; it waits unless it is a non-blocking one
   * @param size - how many bytes at most; default: what there is
   * @returns how many were read, 0 at the end of the stream
   * @throws {EventError} `ERR_EV_LIBEVENT` with `errno` when nothing could be read, else as {@link add}
   * @see evbuffer_read()
   */
  read(fd: EvutilSocket, size?: number): number {
    checkInteger(fd, 'fd', 0, INT_MAX)
    if (size !== undefined) checkSize(size, 'size')
    return native.bufferRead(handleOf(this), fd, size ?? -1)
  }

  /**
   * Writes to a descriptor what it takes, and drops that from the start.
   *
   * @param fd - a descriptor; it waits unless it is a non-blocking one
   * @returns how many bytes were written
   * @throws {EventError} `ERR_EV_LIBEVENT` with `errno` when nothing could be written, else as {@link drain}
   * @see evbuffer_write()
   */
  write(fd: EvutilSocket): number {
    checkInteger(fd, 'fd', 0, INT_MAX)
    return native.bufferWrite(handleOf(this), fd, -1)
  }

  /**
   * The same, but no more than so many bytes.
   *
   * @param fd - see {@link write}
   * @param size - how many bytes at most
   * @returns how many bytes were written
   * @throws {EventError} as {@link write}
   * @see evbuffer_write_atmost()
   */
  writeAtmost(fd: EvutilSocket, size: number): number {
    checkInteger(fd, 'fd', 0, INT_MAX)
    checkSize(size, 'size')
    return native.bufferWrite(handleOf(this), fd, size)
  }

  // --- space, ends and flags ---------------------------------------------------------------------

  /**
   * Makes room, so that so many bytes can be added without more memory.
   *
   * @param size - how many bytes, less than 2 GiB
   * @throws {EventError} `ERR_EV_LIBEVENT` when there is not so much memory, else as {@link add}
   * @see evbuffer_expand()
   */
  expand(size: number): void {
    checkInteger(size, 'size', 0, INT_MAX)
    native.bufferExpand(handleOf(this), size)
  }

  /**
   * Makes room, and memory to fill: it is appended by {@link commitSpace}. libevent's own room is not shown.
   *
   * @param size - how many bytes, less than 2 GiB
   * @returns fresh memory
   * @throws {EventError} as {@link expand}
   * @see evbuffer_reserve_space()
   */
  reserveSpace(size: number): Uint8Array {
    this.expand(size)
    const space = new Uint8Array(size)
    this.#reserved = space.buffer
    return space
  }

  /**
   * Appends what was written into reserved memory.
   *
   * @param space - what {@link reserveSpace} returned last, or the part of it that was filled
   * @throws {EventError} `ERR_EV_STATE` when it is no such memory, else as {@link add}
   * @see evbuffer_commit_space()
   */
  commitSpace(space: Uint8Array): void {
    checkUint8Array(space, 'space')
    checkLive(this)
    if (space.buffer !== this.#reserved) throw new EventError('ERR_EV_STATE', 'space must be what was reserved last')
    this.#reserved = undefined
    this.add(space)
  }

  /**
   * Has every change at one end refused.
   *
   * @param atFront - whether at the start, where bytes are taken; else at the end, where they are added
   * @throws {EventError} `ERR_EV_STATE` for a view: that is the business of the buffer's owner
   * @see evbuffer_freeze()
   */
  freeze(atFront: boolean): void {
    checkBoolean(atFront, 'atFront')
    native.bufferFreeze(handleOf(this), atFront, true)
  }

  /**
   * Undoes {@link freeze}.
   *
   * @param atFront - see {@link freeze}
   * @throws {EventError} as {@link freeze}
   * @see evbuffer_unfreeze()
   */
  unfreeze(atFront: boolean): void {
    checkBoolean(atFront, 'atFront')
    native.bufferFreeze(handleOf(this), atFront, false)
  }

  /**
   * @param flags - `EVBUFFER_FLAG_*` to set
   * @throws {EventError} `ERR_EV_STATE` for a view: that is the business of the buffer's owner
   * @see evbuffer_set_flags()
   */
  setFlags(flags: number): void {
    checkInteger(flags, 'flags', 0, EVBUFFER_FLAG_DRAINS_TO_FD)
    native.bufferSetFlags(handleOf(this), flags, true)
  }

  /**
   * @param flags - `EVBUFFER_FLAG_*` to clear
   * @throws {EventError} as {@link setFlags}
   * @see evbuffer_clear_flags()
   */
  clearFlags(flags: number): void {
    checkInteger(flags, 'flags', 0, EVBUFFER_FLAG_DRAINS_TO_FD)
    native.bufferSetFlags(handleOf(this), flags, false)
  }

  // --- callbacks ---------------------------------------------------------------------------------

  /**
   * Calls back when the buffer has changed: at the end of the call that changes it, or, when libevent does, as soon as
   * libevent has done. The newest callback is called first. What one throws comes out of that call when all have been
   * called; the change has been made.
   *
   * @param callback - see {@link EvBufferCallback}; it runs in the async context in which it was added
   * @param arg - handed to the callback
   * @returns the number by which the callback is known to this buffer
   * @see evbuffer_add_cb()
   */
  addCb<A>(callback: EvBufferCallback<A>, arg: A): number
  addCb(callback: EvBufferCallback<undefined>): number
  addCb<A>(callback: EvBufferCallback<A>, arg?: A): number {
    checkFunction(callback, 'callback')
    const number = handleOf(this)
    watchBuffer(number, this, true)
    return this.#callbacks.add(callback, arg as A)
  }

  /**
   * Removes the newest callback with that argument.
   *
   * @param callback - as it was added
   * @param arg - as it was added
   * @throws {EventError} `ERR_EV_NOT_FOUND` when there is none
   * @see evbuffer_remove_cb()
   */
  removeCb<A>(callback: EvBufferCallback<A>, arg: A): void
  removeCb(callback: EvBufferCallback<undefined>): void
  removeCb<A>(callback: EvBufferCallback<A>, arg?: A): void {
    checkFunction(callback, 'callback')
    checkLive(this)
    this.#callbacks.remove(callback, arg)
    this.#watchLess()
  }

  /**
   * Removes a callback.
   *
   * @param entry - what {@link addCb} returned
   * @throws {EventError} `ERR_EV_NOT_FOUND` when there is none
   * @see evbuffer_remove_cb_entry()
   */
  removeCbEntry(entry: number): void {
    checkSize(entry, 'entry')
    checkLive(this)
    this.#callbacks.removeEntry(entry)
    this.#watchLess()
  }

  /**
   * @param entry - what {@link addCb} returned
   * @param flags - `EVBUFFER_CB_ENABLED`
   * @throws {EventError} `ERR_EV_NOT_FOUND` when there is none
   * @see evbuffer_cb_set_flags()
   */
  cbSetFlags(entry: number, flags: number): void {
    this.#setCbFlags(entry, flags, true)
  }

  /**
   * @param entry - what {@link addCb} returned
   * @param flags - `EVBUFFER_CB_ENABLED`: the callback hears of no changes until it is set again
   * @throws {EventError} `ERR_EV_NOT_FOUND` when there is none
   * @see evbuffer_cb_clear_flags()
   */
  cbClearFlags(entry: number, flags: number): void {
    this.#setCbFlags(entry, flags, false)
  }

  /**
   * Has the callbacks run in the base's next turn, once for all changes until then. When the base is disposed they run
   * at once again.
   *
   * @param base - the base
   * @see evbuffer_defer_callbacks()
   */
  deferCallbacks(base: EventBase): void {
    checkInstance(base, EventBase, 'base')
    checkLive(this)
    checkLive(base)
    this.#callbacks.defer(base)
  }

  #setCbFlags(entry: number, flags: number, on: boolean): void {
    checkSize(entry, 'entry')
    checkInteger(flags, 'flags', 0, EVBUFFER_CB_ENABLED)
    checkLive(this)
    this.#callbacks.setFlags(entry, flags, on)
  }

  #watchLess(): void {
    if (this.#callbacks.empty) watchBuffer(handleOf(this), this, false)
  }

  /** @internal */
  [kChanged](origSize: number, added: number, deleted: number, errors: unknown[]): void {
    this.#callbacks.changed(origSize, added, deleted, errors)
  }

  /** @internal */
  override [kAbout](): string {
    const length = this.getLength()
    return `${length} ${length === 1 ? 'byte' : 'bytes'}`
  }
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
