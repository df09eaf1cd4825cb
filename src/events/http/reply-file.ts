import { fstatSync } from 'node:fs'
import { checkInteger, checkObject, typeError } from '../../util/validation.js'

/** A part of a file, for {@link EvHttpFileReply}. */
export interface EvHttpFile {
  /** The descriptor of a regular file, which stays the caller's. Keep it open until the reply's promise has settled. */
  fd: number
  /** Where the body begins, in bytes; default 0. */
  offset?: number
  /** How long the body is, in bytes; default: to the end of the file. */
  length?: number
}

/** The part of a file that is a reply's body. */
export class ReplyFile {
  private constructor(
    readonly fd: number,
    readonly offset: number,
    readonly length: number,
  ) {}

  /**
   * @throws {TypeError} when a part has the wrong type, or `fd` is of no regular file
   * @throws {RangeError} when a number is negative, or the file ends before the body does
   * @throws {Error} of Node's for a descriptor that is not open
   */
  static of(file: EvHttpFile): ReplyFile {
    checkObject(file, 'file')
    const { fd, offset = 0, length } = file
    checkInteger(fd, 'file.fd', 0, 0x7fffffff)
    checkInteger(offset, 'file.offset', 0, Number.MAX_SAFE_INTEGER)
    const found = fstatSync(fd)
    if (!found.isFile()) throw typeError('file.fd', 'the descriptor of a regular file', fd)
    const most = Math.max(found.size - offset, 0)
    if (length !== undefined) checkInteger(length, 'file.length', 0, most)
    return new ReplyFile(fd, offset, length ?? most)
  }
}
