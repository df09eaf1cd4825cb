import { EventError } from '../../native/errors.js'
import { type HandleNumber, native } from '../../native/native.js'
import {
  checkBoolean,
  checkBytes,
  checkFunction,
  checkInstance,
  checkInteger,
  checkUint8Array,
  INT_MAX,
  isBytes,
  rangeError,
  typeError,
} from '../../util/validation.js'
import { BoundCallback } from '../bound-callback.js'
import { awaitRelease, type ChangeReceiver, forgetRelease, kChanged, watchBuffer } from '../buffer-changes.js'
import {
  EVBUFFER_CB_ENABLED,
  EVBUFFER_EOL_ANY,
  EVBUFFER_EOL_CRLF,
  EVBUFFER_EOL_NUL,
  EVBUFFER_FLAG_DRAINS_TO_FD,
  EVBUFFER_PTR_ADD,
  EVBUFFER_PTR_SET,
} from '../constants.js'
import { declareEventType } from '../declare-event-type.js'
import { checkLive, handleOf, kAbout, kAdopt, reportWhenCollected } from '../event-handle.js'
import { EventBase, type EvutilSocket } from '../loop/event-base.js'
import { BufferCallbacks, type EvBufferCbInfo } from './ev-buffer-callbacks.js'

/** More than any buffer can hold. */
const MAX_SIZE = Number.MAX_SAFE_INTEGER

/**
 * Callback of a buffer that has changed; it may change or dispose the buffer.
 *
 * @param buffer - the buffer
 * @param info - see {@link EvBufferCbInfo}
 * @param arg - what was given with the callback
 */
export type EvBufferCallback<A = undefined> = (buffer: EvBuffer, info: EvBufferCbInfo, arg: A) => void

/**
 * Makes the object for the native view of a buffer that belongs to something else. The object keeps `owner` alive, if there
 * is one.
 */
export let viewOfBuffer: (number: HandleNumber, owner?: object) => EvBuffer

const owners = new WeakMap<EvBuffer, object>()

/**
 * `checkInstance()` for buffers. Every message passes buffers on, so the check has a function of its own, which V8 compiles for
 * their class alone.
 *
 * @throws TypeError unless `value` is an EvBuffer.
 */
export function checkBuffer(value: unknown, name: string): void {
  if (!(value instanceof EvBuffer)) throw typeError(name, `an instance of ${EvBuffer.name}`, value)
}

/**
 * libevent's `evbuffer`: bytes are added at the end and taken from the start. Pieces move between buffers without being
 * copied.
 *
 * `obtainEvBuffer()` makes a buffer that the user owns. The buffers of a bufferevent or of a request belong to their owner:
 * JavaScript has a view of them, which ends with the owner. Disposing a view leaves the buffer as it is.
 *
 * JavaScript never sees libevent's memory: every read returns a copy, which the caller owns. libevent's memory is wiped when
 * it is freed.
 *
 * @see evbuffer_new(), evbuffer_free()
 */
export class EvBuffer extends declareEventType('EvBuffer') implements ChangeReceiver {
  readonly #callbacks: BufferCallbacks<EvBuffer> = new BufferCallbacks<EvBuffer>(this)
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

  // --- adding and taking ---------------------------------------------------------------------------

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
   * @throws {EventError} `ERR_EV_STATE` when the buffer is frozen at its end, or a read-only view
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
   * @throws {EventError} `ERR_EV_STATE` when the buffer is frozen at its start, or a read-only view
   * @see evbuffer_prepend()
   */
  prepend(data: string | Uint8Array): void {
    checkBytes(data, 'data')
    native.bufferPrepend(handleOf(this), data)
  }

  /**
   * Drops bytes from the start.
   *
   * @param size - how many; all, if the buffer holds fewer
   * @throws {EventError} `ERR_EV_STATE` when the buffer is frozen at its start, or a read-only view
   * @see evbuffer_drain()
   */
  drain(size: number): void {
    checkSize(size, 'size')
    native.bufferDrain(handleOf(this), size)
  }

  /**
   * Takes bytes from the start.
   *
   * @param size - how many; all, if the buffer holds fewer. Default: all
   * @returns the bytes
   * @throws {EventError} `ERR_EV_STATE` when the buffer is frozen at its start, or a read-only view
   * @see evbuffer_remove()
   */
  remove(size?: number): Buffer
  /**
   * Takes bytes from the start.
   *
   * @param into - is filled from its beginning, as far as the buffer has bytes
   * @returns how many bytes were taken
   * @throws {EventError} `ERR_EV_STATE` when the buffer is frozen at its start, or a read-only view
   * @see evbuffer_remove()
   */
  remove(into: Uint8Array): number
  remove(target: number | Uint8Array = MAX_SIZE): Buffer | number {
    if (checkTarget(target)) return native.bufferRemoveInto(handleOf(this), target)
    return native.bufferRemove(handleOf(this), target)
  }

  /**
   * Appends copies of several pieces, in one change.
   *
   * @param pieces - strings go as UTF-8
   * @throws {TypeError} when a piece is neither a string nor a Uint8Array
   * @throws {EventError} as {@link add}
   * @see evbuffer_add_iovec()
   */
  addIovec(pieces: readonly (string | Uint8Array)[]): void {
    if (!Array.isArray(pieces)) throw typeError('pieces', 'an array', pieces)
    for (const piece of pieces) checkBytes(piece, 'pieces')
    native.bufferAddIovec(handleOf(this), pieces)
  }

  // --- looking -----------------------------------------------------------------------------------

  /**
   * Copies bytes from the start. They stay in the buffer.
   *
   * @param target - how many, or memory that is filled as far as the buffer has bytes; default: all
   * @returns the bytes, or how many were copied into the memory
   * @throws {EventError} `ERR_EV_STATE` when the buffer is frozen at its start
   * @see evbuffer_copyout()
   */
  copyout(target?: number): Buffer
  copyout(target: Uint8Array): number
  copyout(target: number | Uint8Array = MAX_SIZE): Buffer | number {
    return this.copyoutFrom(0, target as number)
  }

  /**
   * Copies bytes from a position on. They stay in the buffer.
   *
   * @param position - from where; no more than the buffer's length
   * @param target - see {@link copyout}
   * @returns see {@link copyout}
   * @throws {RangeError} when the position is beyond the end
   * @throws {EventError} `ERR_EV_STATE` when the buffer is frozen at its start
   * @see evbuffer_copyout_from()
   */
  copyoutFrom(position: number, target?: number): Buffer
  copyoutFrom(position: number, target: Uint8Array): number
  copyoutFrom(position: number, target: number | Uint8Array = MAX_SIZE): Buffer | number {
    checkSize(position, 'position')
    if (checkTarget(target)) return native.bufferCopyoutInto(handleOf(this), position, target)
    return native.bufferCopyout(handleOf(this), position, target)
  }

  /**
   * Returns the first bytes in one piece. It is a copy, because the next change might move libevent's own bytes.
   *
   * @param size - how many; default: all
   * @returns the bytes; null when the buffer holds fewer, or none at all
   * @see evbuffer_pullup()
   */
  pullup(size?: number): Buffer | null {
    const length = this.getLength()
    if (size !== undefined) checkSize(size, 'size')
    const wanted = size ?? length
    return wanted === 0 || wanted > length ? null : Buffer.concat(this.peek(wanted))
  }

  /**
   * Returns the pieces in which libevent holds the bytes.
   *
   * @param size - how many bytes; default: all
   * @param position - from where
   * @returns a copy of each piece; the last one ends with the bytes asked for
   * @throws {RangeError} when the position is beyond the end
   * @see evbuffer_peek()
   */
  peek(size = MAX_SIZE, position = 0): Buffer[] {
    checkSize(size, 'size')
    checkSize(position, 'position')
    return native.bufferPeek(handleOf(this), position, size)
  }

  /**
   * @returns how many bytes the first piece holds
   * @see evbuffer_get_contiguous_space()
   */
  getContiguousSpace(): number {
    return native.bufferGetContiguousSpace(handleOf(this))
  }

  /**
   * Moves a position. A position is the number of bytes before it; it stands for libevent's `evbuffer_ptr`.
   *
   * @param position - how far
   * @param how - `EVBUFFER_PTR_SET`: from the start; `EVBUFFER_PTR_ADD`: from `from`
   * @param from - a position
   * @returns the position
   * @throws {RangeError} when it is beyond the end
   * @see evbuffer_ptr_set()
   */
  ptrSet(position: number, how: number = EVBUFFER_PTR_SET, from = 0): number {
    checkSize(position, 'position')
    checkInteger(how, 'how', EVBUFFER_PTR_SET, EVBUFFER_PTR_ADD)
    checkSize(from, 'from')
    const length = this.getLength()
    const to = how === EVBUFFER_PTR_ADD ? from + position : position
    if (to > length) throw rangeError('position', `no more than ${length}, the buffer's length`, position)
    return to
  }

  /**
   * @param what - what to look for; a string as UTF-8
   * @param start - from where
   * @returns the position of the first match, -1 for none
   * @throws {RangeError} when the position is beyond the end
   * @see evbuffer_search()
   */
  search(what: string | Uint8Array, start = 0): number {
    return this.searchRange(what, start)
  }

  /**
   * @param what - what to look for; a string as UTF-8
   * @param start - from where
   * @param end - where the match must end at the latest; default: the buffer's end
   * @returns the position of the first match, -1 for none
   * @throws {RangeError} when a position is beyond the end
   * @see evbuffer_search_range()
   */
  searchRange(what: string | Uint8Array, start: number, end?: number): number {
    checkBytes(what, 'what')
    checkSize(start, 'start')
    if (end !== undefined) checkSize(end, 'end')
    return native.bufferSearch(handleOf(this), what, start, end ?? this.getLength())
  }

  /**
   * @param what - what to look for; a string as UTF-8
   * @returns the position of the first match, -1 for none
   * @see evbuffer_find()
   */
  find(what: string | Uint8Array): number {
    return this.searchRange(what, 0)
  }

  /**
   * @param style - `EVBUFFER_EOL_*`
   * @param position - from where
   * @returns where the next line ends, and the length of that end in bytes; undefined when there is none
   * @throws {RangeError} when the position is beyond the end
   * @see evbuffer_search_eol()
   */
  searchEol(
    style: number,
    position = 0,
  ):
    | {
        /** Where the end of the line begins, in bytes from the start of the buffer. */
        position: number
        /** How long it is, in bytes. */
        length: number
      }
    | undefined {
    checkStyle(style)
    checkSize(position, 'position')
    const found = native.bufferSearchEol(handleOf(this), position, style)
    return found && { position: found[0], length: found[1] }
  }

  /**
   * Takes a line and its end.
   *
   * @param style - `EVBUFFER_EOL_*`: what ends a line
   * @returns the line without its end; undefined when there is no whole line
   * @throws {EventError} as {@link drain}
   * @see evbuffer_readln()
   */
  readln(style: number): string | undefined
  /**
   * Takes a line, which need not be UTF-8, and its end.
   *
   * @param style - `EVBUFFER_EOL_*`: what ends a line
   * @param as - `'buffer'`
   * @returns the line's bytes without its end; undefined when there is no whole line
   * @throws {EventError} as {@link drain}
   * @see evbuffer_readln()
   */
  readln(style: number, as: 'buffer'): Buffer | undefined
  readln(style: number, as?: 'buffer'): string | Buffer | undefined {
    checkStyle(style)
    if (as !== undefined && as !== 'buffer') throw rangeError('as', "'buffer' or undefined", as)
    return native.bufferReadln(handleOf(this), style, as === undefined)
  }

  /**
   * Takes one whole line after the other.
   *
   * @param style - `EVBUFFER_EOL_*`: what ends a line; default: CR and LF, or LF alone
   * @returns the lines without their ends; it stops before an incomplete line
   */
  lines(style: number = EVBUFFER_EOL_CRLF): Generator<string, void, undefined> {
    checkStyle(style)
    checkLive(this)
    return this.#lines(style)
  }

  *#lines(style: number): Generator<string, void, undefined> {
    for (let line = this.readln(style); line !== undefined; line = this.readln(style)) yield line
  }

  // --- between buffers ---------------------------------------------------------------------------

  /**
   * Moves the content of another buffer to the end of this one, without copying it.
   *
   * @param other - the other buffer; with this same buffer nothing happens
   * @throws {EventError} `ERR_EV_STATE` when an end that is needed is frozen, or a view is read-only
   * @see evbuffer_add_buffer()
   */
  addBuffer(other: EvBuffer): void {
    checkBuffer(other, 'other')
    native.bufferAddBuffer(handleOf(this), handleOf(other))
  }

  /**
   * Moves the content of another buffer to the start of this one, without copying it.
   *
   * @param other - the other buffer; with this same buffer nothing happens
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
   * @param into - the other buffer; with this same buffer nothing happens
   * @param size - how many; all, if this buffer holds fewer
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
   * Appends the content of another buffer, which keeps it too: both refer to the same memory. A view's content is copied.
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
   * Appends a piece and calls `cleanup` when libevent has released it: when it was written, drained or disposed. Until then
   * `cleanup` and everything it refers to stay alive; a buffer that its own `cleanup` refers to is never collected. The bytes
   * are copied once, because JavaScript can transfer an ArrayBuffer's memory away at any time without libevent noticing.
   *
   * @param data - a string goes as UTF-8
   * @param cleanup - called when libevent has released the piece, whatever buffer it has moved to
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
    const key = awaitRelease(new BoundCallback('EvBuffer.cleanup', cleanup))
    const before = native.bufferGetLength(number)
    let added = false
    try {
      native.bufferAddReference(number, data, key)
      added = true
    } finally {
      // If a callback of the buffer threw, the piece may have been appended all the same.
      if (!added && !this.disposed && this.getLength() === before) forgetRelease(key)
    }
  }

  // --- descriptors -------------------------------------------------------------------------------

  /**
   * Appends a part of a file. This call reads it.
   *
   * @param fd - a file's descriptor. When this returns, libevent owns it and closes it when the piece has been written,
   * drained or disposed; when this throws, the caller still owns it. Never pass a descriptor that something else closes.
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
   * Reads from a descriptor, 4096 bytes at most.
   *
   * @param fd - a descriptor; reading from a blocking one waits
   * @param size - how many bytes at most; default: as many as there are
   * @returns how many bytes were read, 0 at the end of the stream
   * @throws {EventError} `ERR_EV_LIBEVENT` with `errno` when nothing could be read, else as {@link add}
   * @see evbuffer_read()
   */
  read(fd: EvutilSocket, size?: number): number {
    checkInteger(fd, 'fd', 0, INT_MAX)
    if (size !== undefined) checkSize(size, 'size')
    return native.bufferRead(handleOf(this), fd, size ?? -1)
  }

  /**
   * Writes as much as a descriptor takes, and drops that from the start.
   *
   * @param fd - a descriptor; writing to a blocking one waits
   * @returns how many bytes were written
   * @throws {EventError} `ERR_EV_LIBEVENT` with `errno` when nothing could be written, else as {@link drain}
   * @see evbuffer_write()
   */
  write(fd: EvutilSocket): number {
    checkInteger(fd, 'fd', 0, INT_MAX)
    return native.bufferWrite(handleOf(this), fd, -1)
  }

  /**
   * Writes to a descriptor, but no more than so many bytes.
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
   * Makes room, so that so many bytes can be added without another allocation.
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
   * Makes room, and returns memory to fill, which {@link commitSpace} appends. It is not libevent's own memory.
   *
   * @param size - how many bytes, less than 2 GiB
   * @returns new memory
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
   * Appends reserved memory that has been filled.
   *
   * @param space - the memory that {@link reserveSpace} returned last, or the part of it that was filled
   * @throws {EventError} `ERR_EV_STATE` when it is other memory, else as {@link add}
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
   * Makes the buffer refuse every change at one end.
   *
   * @param atFront - true for the start, where bytes are taken; false for the end, where they are added
   * @throws {EventError} `ERR_EV_STATE` for a view: only the buffer's owner may do this
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
   * @throws {EventError} `ERR_EV_STATE` for a view: only the buffer's owner may do this
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
   * Calls back when the buffer has changed: at the end of the call that changes it, or, when libevent changes it, as soon as
   * libevent has finished. The newest callback runs first. If one throws, the call that made the change throws the same once
   * all have run; the change stays.
   *
   * @param callback - see {@link EvBufferCallback}; it runs in the async context in which it was added
   * @param arg - the callback's argument
   * @returns the callback's number within this buffer
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
   * @param callback - as given to {@link addCb}
   * @param arg - as given to {@link addCb}
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
   * @param flags - `EVBUFFER_CB_ENABLED`: the callback is not called for changes until the flag is set again
   * @throws {EventError} `ERR_EV_NOT_FOUND` when there is none
   * @see evbuffer_cb_clear_flags()
   */
  cbClearFlags(entry: number, flags: number): void {
    this.#setCbFlags(entry, flags, false)
  }

  /**
   * Makes the callbacks run in the base's next turn, once for all changes until then. After the base has been disposed they
   * run at once again.
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

  /** @returns the buffer's id and length, never its content, which may be a secret */
  override toString(): string {
    return this.disposed ? `EvBuffer #${this.id} (disposed)` : `EvBuffer #${this.id} (${this.getLength()} bytes)`
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

function checkStyle(style: unknown): void {
  checkInteger(style, 'style', EVBUFFER_EOL_ANY, EVBUFFER_EOL_NUL)
}

/** @throws unless `size` is a size or a position in bytes. */
function checkSize(size: unknown, name: string): void {
  checkInteger(size, name, 0, MAX_SIZE)
}

/** @returns true for memory to be filled, false for a size */
function checkTarget(target: unknown): target is Uint8Array {
  if (isBytes(target)) return true
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
