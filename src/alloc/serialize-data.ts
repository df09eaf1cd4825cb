import { native } from '../native/native.js'
import { checkInteger, checkUint8Array, rangeError } from '../util/validation.js'
import { failReceiver, isObject } from './secure-error.js'

/** Bitcoin Core's MAX_SIZE: no vector that is read or written may be longer, in bytes. */
export const MAX_SIZE = 0x02000000

const HASH_BYTES = 32
const SMALLEST = 128
const U64_MAX = 0xffff_ffff_ffff_ffffn

/** @throws {TypeError} unless it is a SerializeData. V8's own error would name private members */
let own: (data: SerializeData) => void

/** Wipes the memory of objects that are collected without having been disposed. */
const abandoned = new FinalizationRegistry<{ buffer: ArrayBuffer }>((store) => native.memoryCleanse(store.buffer))

/**
 * The growable byte buffer of a serialization layer: bytes are written at its end and read from its front, as with
 * Bitcoin Core's `DataStream` over a `SerializeData`. Its memory is wiped each time it grows, when it is cleared and when
 * it is disposed; if it is dropped without that, it is wiped when it is collected.
 *
 * Numbers are little-endian. A read past the end throws a `RangeError` and consumes nothing.
 *
 * @example
 * ```ts
 * using stream = new SerializeData()
 * stream.writeU32(2)
 * stream.writeVector(script)
 * const version = stream.readU32()
 * ```
 * @see Bitcoin Core: src/streams.h, src/serialize.h, src/support/allocators/zeroafterfree.h
 */
export class SerializeData {
  // The registry holds this object and not the buffer, which growing replaces.
  readonly #store: { buffer: ArrayBuffer }
  static {
    own = (data) => {
      if (!isObject(data) || !(#store in data)) failReceiver('SerializeData')
    }
  }

  #view: DataView
  #end = 0
  #position = 0
  #disposed = false

  /**
   * @param capacity - bytes to make room for
   * @throws {TypeError} when `capacity` is no number
   * @throws {RangeError} when it is negative, fractional or too large
   */
  constructor(capacity = SMALLEST) {
    checkInteger(capacity, 'capacity', 0, 2 ** 31 - 1)
    // The view must have a buffer of its own: V8 keeps small views on its moving heap, where wiping misses copies.
    this.#store = { buffer: new ArrayBuffer(Math.max(capacity, SMALLEST)) }
    this.#view = new DataView(this.#store.buffer)
    abandoned.register(this, this.#store, this.#store)
  }

  /**
   * @param bytes - what the buffer starts with; copied
   * @returns a buffer with its read position at the first byte
   * @throws {TypeError} when `bytes` is no Uint8Array
   */
  static from(bytes: Uint8Array): SerializeData {
    checkUint8Array(bytes, 'bytes')
    const data = new SerializeData(bytes.length)
    data.writeBytes(bytes)
    return data
  }

  /** @returns an empty one, as Rust's `SerializeData::default()` does */
  static default(): SerializeData {
    return new SerializeData()
  }

  /** Bytes that have been written and not yet read. */
  get size(): number {
    own(this)
    return this.#end - this.#position
  }

  /** How many bytes it can hold without growing. */
  get capacity(): number {
    own(this)
    return this.#disposed ? 0 : this.#store.buffer.byteLength
  }

  /** Whether everything has been read. */
  get eof(): boolean {
    own(this)
    return this.#position === this.#end
  }

  /** Whether it has been disposed. */
  get disposed(): boolean {
    own(this)
    return this.#disposed
  }

  /** Appends a byte. @param value - 0 to 255 */
  writeU8(value: number): void {
    own(this)
    checkInteger(value, 'value', 0, 0xff)
    const at = this.#grow(1)
    this.#view.setUint8(at, value)
  }

  /** Appends two bytes. @param value - 0 to 2^16 - 1 */
  writeU16(value: number): void {
    own(this)
    checkInteger(value, 'value', 0, 0xffff)
    const at = this.#grow(2)
    this.#view.setUint16(at, value, true)
  }

  /** Appends four bytes. @param value - 0 to 2^32 - 1 */
  writeU32(value: number): void {
    own(this)
    checkInteger(value, 'value', 0, 0xffff_ffff)
    const at = this.#grow(4)
    this.#view.setUint32(at, value, true)
  }

  /** Appends four bytes in two's complement. @param value - -2^31 to 2^31 - 1 */
  writeI32(value: number): void {
    own(this)
    checkInteger(value, 'value', -0x8000_0000, 0x7fff_ffff)
    const at = this.#grow(4)
    this.#view.setInt32(at, value, true)
  }

  /** Appends eight bytes. @param value - 0 to 2^64 - 1 */
  writeU64(value: bigint): void {
    own(this)
    checkU64(value, 'value')
    const at = this.#grow(8)
    this.#view.setBigUint64(at, value, true)
  }

  /** Appends eight bytes in two's complement. @param value - -2^63 to 2^63 - 1 */
  writeI64(value: bigint): void {
    own(this)
    if (typeof value !== 'bigint') checkU64(value, 'value')
    if (value !== BigInt.asIntN(64, value)) throw rangeError('value', 'from -2^63 to 2^63 - 1', value)
    const at = this.#grow(8)
    this.#view.setBigInt64(at, value, true)
  }

  /**
   * Appends a CompactSize: one, three, five or nine bytes.
   *
   * @param value - 0 to 2^64 - 1; a number must be a safe integer
   */
  writeCompactSize(value: number | bigint): void {
    own(this)
    if (typeof value === 'number') checkInteger(value, 'value', 0, Number.MAX_SAFE_INTEGER)
    const wide = BigInt(value)
    checkU64(wide, 'value')
    if (wide < 253n) {
      this.writeU8(Number(wide))
    } else if (wide <= 0xffffn) {
      this.writeU8(253)
      this.writeU16(Number(wide))
    } else if (wide <= 0xffff_ffffn) {
      this.writeU8(254)
      this.writeU32(Number(wide))
    } else {
      this.writeU8(255)
      this.writeU64(wide)
    }
  }

  /** Appends bytes as they are. @param bytes - copied */
  writeBytes(bytes: Uint8Array): void {
    own(this)
    checkUint8Array(bytes, 'bytes')
    new Uint8Array(this.#reserve(bytes.length)).set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** The same as {@link writeBytes}, by the name that Rust has for it. @param bytes - copied */
  extendFromSlice(bytes: Uint8Array): void {
    own(this)
    this.writeBytes(bytes)
  }

  /** Appends a vector of bytes: its length as a CompactSize, then the bytes. @param bytes - at most MAX_SIZE bytes */
  writeVector(bytes: Uint8Array): void {
    own(this)
    checkUint8Array(bytes, 'bytes')
    if (bytes.length > MAX_SIZE) throw rangeError('bytes', `at most ${MAX_SIZE} bytes long`, bytes.length)
    this.writeCompactSize(bytes.length)
    this.writeBytes(bytes)
  }

  /** Appends a 256-bit hash in the order of its bytes. @param hash - 32 bytes */
  writeHash256(hash: Uint8Array): void {
    own(this)
    checkUint8Array(hash, 'hash')
    if (hash.length !== HASH_BYTES) throw rangeError('hash', `${HASH_BYTES} bytes long`, hash.length)
    this.writeBytes(hash)
  }

  /** @returns the next byte */
  readU8(): number {
    own(this)
    return this.#view.getUint8(this.#take(1))
  }

  /** @returns the number in the next two bytes */
  readU16(): number {
    own(this)
    return this.#view.getUint16(this.#take(2), true)
  }

  /** @returns the number in the next four bytes */
  readU32(): number {
    own(this)
    return this.#view.getUint32(this.#take(4), true)
  }

  /** @returns the signed number in the next four bytes */
  readI32(): number {
    own(this)
    return this.#view.getInt32(this.#take(4), true)
  }

  /** @returns the number in the next eight bytes */
  readU64(): bigint {
    own(this)
    return this.#view.getBigUint64(this.#take(8), true)
  }

  /** @returns the signed number in the next eight bytes */
  readI64(): bigint {
    own(this)
    return this.#view.getBigInt64(this.#take(8), true)
  }

  /**
   * @param rangeCheck - whether a value beyond {@link MAX_SIZE} is an error; default true, as in Bitcoin Core
   * @returns the CompactSize that comes next
   * @throws {RangeError} when it is not in its shortest form, or too large
   */
  readCompactSize(rangeCheck?: true): number
  readCompactSize(rangeCheck: boolean): number | bigint
  readCompactSize(rangeCheck = true): number | bigint {
    own(this)
    const start = this.#position
    try {
      const value = this.#readCompactSize()
      if (rangeCheck && value > BigInt(MAX_SIZE)) throw rangeError('the CompactSize', `at most ${MAX_SIZE}`, value)
      return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
    } catch (error) {
      this.#position = start
      throw error
    }
  }

  #readCompactSize(): bigint {
    const first = this.readU8()
    if (first < 253) return BigInt(first)
    const [value, smallest] =
      first === 253
        ? [BigInt(this.readU16()), 253n]
        : first === 254
          ? [BigInt(this.readU32()), 0x1_0000n]
          : [this.readU64(), 0x1_0000_0000n]
    if (value < smallest) throw rangeError('the CompactSize', 'in its shortest form', value)
    return value
  }

  /** @param length - how many bytes @returns a copy of the next bytes, which the caller owns */
  readBytes(length: number): Uint8Array {
    own(this)
    checkInteger(length, 'length', 0, 2 ** 31 - 1)
    const start = this.#take(length)
    return new Uint8Array(this.#store.buffer.slice(start, start + length))
  }

  /** @returns a copy of the vector of bytes that comes next */
  readVector(): Uint8Array {
    own(this)
    const start = this.#position
    try {
      return this.readBytes(this.readCompactSize())
    } catch (error) {
      this.#position = start
      throw error
    }
  }

  /** @returns a copy of the next 32 bytes */
  readHash256(): Uint8Array {
    own(this)
    return this.readBytes(HASH_BYTES)
  }

  /** Skips bytes. @param length - how many */
  ignore(length: number): void {
    own(this)
    checkInteger(length, 'length', 0, 2 ** 31 - 1)
    this.#take(length)
  }

  /** Moves the read position back. @param length - how many bytes; default: to the first one */
  rewind(length?: number): void {
    own(this)
    const back = length === undefined ? this.#position : length
    checkInteger(back, 'length', 0, this.#position)
    this.#position -= back
  }

  /** @returns a copy of the unread bytes; the caller owns it, and has to wipe it if it is secret */
  toBytes(): Uint8Array {
    own(this)
    this.#check()
    return new Uint8Array(this.#store.buffer.slice(this.#position, this.#end))
  }

  /** Makes room. @param capacity - how many bytes it must be able to hold without growing */
  reserve(capacity: number): void {
    own(this)
    checkInteger(capacity, 'capacity', 0, 2 ** 31 - 1)
    if (capacity > this.#end) this.#reserve(capacity - this.#end)
  }

  /** Wipes the content and makes it empty; the capacity stays. */
  clear(): void {
    own(this)
    this.#check()
    native.memoryCleanse(this.#store.buffer)
    this.#end = 0
    this.#position = 0
  }

  /** Wipes and frees its memory. Calls after the first do nothing. */
  dispose(): void {
    own(this)
    if (this.#disposed) return
    this.clear()
    this.#disposed = true
    abandoned.unregister(this.#store)
    this.#store.buffer = new ArrayBuffer(0)
    this.#view = new DataView(this.#store.buffer)
  }

  /** The same as {@link dispose}, for `using`. */
  [Symbol.dispose](): void {
    own(this)
    this.dispose()
  }

  /** Shows sizes, never contents. */
  toJSON(): {
    /** Bytes that have not been read. */
    size: number
  } {
    own(this)
    return { size: this.size }
  }

  #check(): void {
    if (this.#disposed) throw Object.assign(new Error('the SerializeData has been disposed'), { code: 'ERR_DISPOSED' })
  }

  /** @returns where `length` more bytes go, which count as written. */
  #grow(length: number): number {
    this.#reserve(length)
    const at = this.#end
    this.#end += length
    return at
  }

  /** @returns the buffer, with room for `more` bytes after the end. */
  #reserve(more: number): ArrayBuffer {
    this.#check()
    const old = this.#store.buffer
    const needed = this.#end + more
    if (needed <= old.byteLength) return old
    if (needed > 2 ** 31 - 1) throw rangeError('the size', 'at most 2^31 - 1 bytes', needed)
    const buffer = new ArrayBuffer(Math.min(Math.max(needed, old.byteLength * 2), 2 ** 31 - 1))
    new Uint8Array(buffer).set(new Uint8Array(old, 0, this.#end))
    native.memoryCleanse(old)
    this.#store.buffer = buffer
    this.#view = new DataView(buffer)
    return buffer
  }

  /** @returns where the next `length` bytes are, which count as read. */
  #take(length: number): number {
    this.#check()
    if (length > this.size) throw rangeError('the read', `within the ${this.size} bytes that are left`, length)
    const at = this.#position
    this.#position += length
    return at
  }
}

function checkU64(value: unknown, name: string): void {
  if (typeof value !== 'bigint') {
    throw Object.assign(new TypeError(`${name} must be a bigint`), { code: 'ERR_INVALID_ARG_TYPE' })
  }
  if (value < 0n || value > U64_MAX) throw rangeError(name, 'from 0 to 2^64 - 1', value)
}
