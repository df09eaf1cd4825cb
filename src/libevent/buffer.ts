// event2/buffer.h.
import { EvBuffer, obtainEvBuffer } from '../events/buffers/ev-buffer.js'
import type { EvutilSocket } from '../events/loop/event-base.js'
import { checkString } from '../util/validation.js'
import { answer, type Out, orNull } from './answer.js'
import { checkCount, checkHandle, checkOut } from './handles.js'
import { head, into } from './lengths.js'

/** Makes an empty buffer, which its caller owns. @returns the buffer, or null */
export function evbuffer_new(): EvBuffer | null {
  return orNull(() => obtainEvBuffer())
}

/** Frees a buffer. */
export function evbuffer_free(buf: EvBuffer): void {
  checkHandle(buf, EvBuffer, 'buf')
  buf.dispose()
}

/** @returns how many bytes there are */
export function evbuffer_get_length(buf: EvBuffer): number {
  checkHandle(buf, EvBuffer, 'buf')
  return buf.getLength()
}

/**
 * Appends bytes; a string goes as UTF-8. Without `datlen` it appends all. @returns 0, or -1
 *
 * @throws {RangeError} when `datlen` is not a string's length in bytes, or more than there are
 */
export function evbuffer_add(buf: EvBuffer, data: string | Uint8Array, datlen?: number): 0 | -1 {
  checkHandle(buf, EvBuffer, 'buf')
  const bytes = head(data, datlen, 'datlen')
  return answer(() => buf.add(bytes))
}

/** Appends text, which JavaScript has formatted. @returns how many bytes, or -1 */
export function evbuffer_add_printf(buf: EvBuffer, text: string): number {
  checkHandle(buf, EvBuffer, 'buf')
  checkString(text, 'text')
  const bytes = Buffer.from(text)
  return answer(() => buf.add(bytes)) === 0 ? bytes.length : -1
}

/** Puts bytes before the first, as {@link evbuffer_add} takes them. @returns 0, or -1 */
export function evbuffer_prepend(buf: EvBuffer, data: string | Uint8Array, datlen?: number): 0 | -1 {
  checkHandle(buf, EvBuffer, 'buf')
  const bytes = head(data, datlen, 'datlen')
  return answer(() => buf.prepend(bytes))
}

/** Drops bytes from the start. @returns 0, or -1 */
export function evbuffer_drain(buf: EvBuffer, len: number): 0 | -1 {
  checkHandle(buf, EvBuffer, 'buf')
  return answer(() => buf.drain(len))
}

function count(call: () => number): number {
  return orNull(call) ?? -1
}

/** Takes bytes from the start. @returns how many, or -1 */
export function evbuffer_remove(buf: EvBuffer, data_out: Uint8Array, datlen?: number): number {
  checkHandle(buf, EvBuffer, 'buf')
  const target = into(data_out, datlen, 'datlen')
  return count(() => buf.remove(target))
}

/** Copies bytes from the start. @returns how many, or -1 */
export function evbuffer_copyout(buf: EvBuffer, data_out: Uint8Array, datlen?: number): number {
  checkHandle(buf, EvBuffer, 'buf')
  const target = into(data_out, datlen, 'datlen')
  return count(() => buf.copyout(target))
}

/** @returns a copy of the first `size` bytes (-1: all), or null when there are fewer, or none */
export function evbuffer_pullup(buf: EvBuffer, size: number): Buffer | null {
  checkHandle(buf, EvBuffer, 'buf')
  checkCount(size, 'size')
  return size < 0 ? buf.pullup() : buf.pullup(size)
}

/** Takes a line and its end. @returns the line as UTF-8 without its end, or null; `n_read_out` gets its length in bytes */
export function evbuffer_readln(buf: EvBuffer, n_read_out: Out<number> | null, eol_style: number): string | null {
  checkHandle(buf, EvBuffer, 'buf')
  if (n_read_out !== null) checkOut(n_read_out, 'n_read_out')
  const line = buf.readln(eol_style, 'buffer')
  if (n_read_out !== null) n_read_out.value = line?.length ?? 0
  return line?.toString() ?? null
}

/** Moves all bytes of `inbuf` to the end of `outbuf`. @returns 0, or -1 */
export function evbuffer_add_buffer(outbuf: EvBuffer, inbuf: EvBuffer): 0 | -1 {
  checkHandle(outbuf, EvBuffer, 'outbuf')
  checkHandle(inbuf, EvBuffer, 'inbuf')
  return answer(() => outbuf.addBuffer(inbuf))
}

/** Moves all bytes of `inbuf` before those of `outbuf`. @returns 0, or -1 */
export function evbuffer_prepend_buffer(outbuf: EvBuffer, inbuf: EvBuffer): 0 | -1 {
  checkHandle(outbuf, EvBuffer, 'outbuf')
  checkHandle(inbuf, EvBuffer, 'inbuf')
  return answer(() => outbuf.prependBuffer(inbuf))
}

/** Moves bytes from the start of `src` to the end of `dst`. @returns how many, or -1 */
export function evbuffer_remove_buffer(src: EvBuffer, dst: EvBuffer, datlen: number): number {
  checkHandle(src, EvBuffer, 'src')
  checkHandle(dst, EvBuffer, 'dst')
  return count(() => src.removeBuffer(dst, datlen))
}

/** Reads from a descriptor; -1 for as much as there is. @returns how many bytes, 0 at the end, or -1 */
export function evbuffer_read(buffer: EvBuffer, fd: EvutilSocket, howmuch: number): number {
  checkHandle(buffer, EvBuffer, 'buffer')
  checkCount(howmuch, 'howmuch')
  return count(() => (howmuch < 0 ? buffer.read(fd) : buffer.read(fd, howmuch)))
}

/** Writes to a descriptor. @returns how many bytes, or -1 */
export function evbuffer_write(buffer: EvBuffer, fd: EvutilSocket): number {
  checkHandle(buffer, EvBuffer, 'buffer')
  return count(() => buffer.write(fd))
}

/** Appends a part of a file; -1 for all from `offset`. @returns 0, or -1 */
export function evbuffer_add_file(outbuf: EvBuffer, fd: EvutilSocket, offset: number, length: number): 0 | -1 {
  checkHandle(outbuf, EvBuffer, 'outbuf')
  checkCount(offset, 'offset')
  checkCount(length, 'length')
  return answer(() => (length < 0 ? outbuf.addFile(fd, offset) : outbuf.addFile(fd, offset, length)))
}

/** @returns the position of the first match of `what`, -1 for none */
export function evbuffer_search(buffer: EvBuffer, what: string | Uint8Array, start: number | null): number {
  checkHandle(buffer, EvBuffer, 'buffer')
  return count(() => buffer.search(what, start ?? 0))
}
