import { native } from '../../native/native.js'
import { checkBytes, checkInteger, isBytes, rangeError, typeError } from '../../util/validation.js'
import {
  EVBUFFER_EOL_ANY,
  EVBUFFER_EOL_CRLF,
  EVBUFFER_EOL_NUL,
  EVBUFFER_PTR_ADD,
  EVBUFFER_PTR_SET,
} from '../constants.js'
import { declareEventType } from '../declare-event-type.js'
import { checkLive, handleOf } from '../event-handle.js'

/** What an {@link EvBuffer} does with its own bytes: adding, taking, looking and searching. */
export abstract class EvBufferBytes extends declareEventType('EvBuffer') {
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
   * Copies bytes from the start, which stay.
   *
   * @param target - how many, or memory that is filled as far as there are bytes; default: all
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
   * The same from a position on.
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
   * The first bytes in one piece: a copy, because the next change might move libevent's own.
   *
   * @param size - how many; default: all
   * @returns the bytes, null when there are not so many, or none at all
   * @see evbuffer_pullup()
   */
  pullup(size?: number): Buffer | null {
    const length = this.getLength()
    if (size !== undefined) checkSize(size, 'size')
    const wanted = size ?? length
    return wanted === 0 || wanted > length ? null : Buffer.concat(this.peek(wanted))
  }

  /**
   * The pieces in which libevent holds the bytes.
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
   * Moves a position, which is the number of bytes before it: libevent's `evbuffer_ptr` is nothing else here.
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
   * @returns the position where it is first, -1 when it is not there
   * @throws {RangeError} when the position is beyond the end
   * @see evbuffer_search()
   */
  search(what: string | Uint8Array, start = 0): number {
    return this.searchRange(what, start)
  }

  /**
   * @param what - what to look for; a string as UTF-8
   * @param start - from where
   * @param end - where it has to end at the latest; default: the buffer's end
   * @returns the position where it is first, -1 when it is not there
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
   * @returns the position where it is first, -1 when it is not there
   * @see evbuffer_find()
   */
  find(what: string | Uint8Array): number {
    return this.searchRange(what, 0)
  }

  /**
   * @param style - `EVBUFFER_EOL_*`
   * @param position - from where
   * @returns where the next line's end is, and how many bytes it has; undefined when there is none
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
   * Takes a line with its end.
   *
   * @param style - `EVBUFFER_EOL_*`: what ends a line
   * @returns the line without its end; undefined when there is no whole one
   * @throws {EventError} as {@link drain}
   * @see evbuffer_readln()
   */
  readln(style: number): string | undefined
  /**
   * Takes a line with its end, which need not be UTF-8.
   *
   * @param style - `EVBUFFER_EOL_*`: what ends a line
   * @param as - `'buffer'`
   * @returns the line's bytes without its end; undefined when there is no whole one
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
   * @returns the lines without their ends; it stops before one that is not whole
   */
  lines(style: number = EVBUFFER_EOL_CRLF): Generator<string, void, undefined> {
    checkStyle(style)
    checkLive(this)
    return this.#lines(style)
  }

  *#lines(style: number): Generator<string, void, undefined> {
    for (let line = this.readln(style); line !== undefined; line = this.readln(style)) yield line
  }

  /** @returns what a string shows of the buffer: its length, never its content, which may be a secret */
  override toString(): string {
    return this.disposed ? `EvBuffer #${this.id} (disposed)` : `EvBuffer #${this.id} (${this.getLength()} bytes)`
  }
}

/** Beyond what any buffer can hold. */
const MAX_SIZE = Number.MAX_SAFE_INTEGER

function checkStyle(style: unknown): void {
  checkInteger(style, 'style', EVBUFFER_EOL_ANY, EVBUFFER_EOL_NUL)
}

/** @throws unless `size` is a size or a position in bytes. */
export function checkSize(size: unknown, name: string): void {
  checkInteger(size, name, 0, MAX_SIZE)
}

/** @returns whether it is memory to be filled; else it is a size */
function checkTarget(target: unknown): target is Uint8Array {
  if (isBytes(target)) return true
  if (typeof target !== 'number') throw typeError('size', 'a number or a Uint8Array', target)
  checkSize(target, 'size')
  return false
}
