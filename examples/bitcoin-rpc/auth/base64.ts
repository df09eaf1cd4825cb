// Base64 on bytes, without strings, tables or branches that depend on the content: a credential leaves no trace but the bytes
// themselves, neither in memory nor in the time taken.

const EQUALS_SIGN = 0x3d

/**
 * @param length - of the bytes
 * @returns the length of their Base64
 */
export function base64Length(length: number): number {
  return Math.ceil(length / 3) * 4
}

/**
 * @param bytes - what to encode
 * @param into - takes the Base64, padded: {@link base64Length} bytes
 * @returns how many bytes that is
 */
export function encodeBase64(bytes: Uint8Array, into: Uint8Array): number {
  let end = 0
  for (let at = 0; at < bytes.length; at += 3) {
    const group = (byteAt(bytes, at) << 16) | (byteAt(bytes, at + 1) << 8) | byteAt(bytes, at + 2)
    for (let shift = 18; shift >= 0; shift -= 6) into[end++] = letterOfValue((group >> shift) & 63)
  }
  const padding = (3 - (bytes.length % 3)) % 3
  into.fill(EQUALS_SIGN, end - padding, end)
  return end
}

/**
 * Decodes in place, as strictly as Bitcoin Core: it requires padding, and unused bits of zero.
 *
 * @param bytes - Base64, overwritten by what it stands for
 * @returns the part of `bytes` that holds that, or undefined when it is no Base64
 */
export function decodeBase64(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length % 4 !== 0) return undefined
  let length = bytes.length
  for (let padding = 0; padding < 2 && length > 0 && bytes[length - 1] === EQUALS_SIGN; padding++) length -= 1
  let [bits, held, end, wrong] = [0, 0, 0, 0]
  for (let at = 0; at < length; at++) {
    const value = valueOfLetter(byteAt(bytes, at))
    wrong |= value
    bits = ((bits << 6) | (value & 63)) & 0xfff
    held += 6
    if (held < 8) continue
    held -= 8
    bytes[end++] = bits >> held
  }
  wrong = (wrong & ~63) | (bits & ((1 << held) - 1))
  return wrong === 0 ? bytes.subarray(0, end) : undefined
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0
}

/** All ones where `from` ≤ `value` ≤ `to`, else 0. */
function within(value: number, from: number, to: number): number {
  return ~((value - from) | (to - value)) >> 31
}

function letterOfValue(value: number): number {
  return (
    (within(value, 0, 25) & (value + 65)) |
    (within(value, 26, 51) & (value + 71)) |
    (within(value, 52, 61) & (value - 4)) |
    (within(value, 62, 62) & 43) |
    (within(value, 63, 63) & 47)
  )
}

/** 0 to 63, or 64 for what is no letter of Base64. */
function valueOfLetter(letter: number): number {
  const upper = within(letter, 65, 90)
  const lower = within(letter, 97, 122)
  const digit = within(letter, 48, 57)
  const plus = within(letter, 43, 43)
  const slash = within(letter, 47, 47)
  const value = (upper & (letter - 65)) | (lower & (letter - 71)) | (digit & (letter + 4)) | (plus & 62) | (slash & 63)
  return value | (~(upper | lower | digit | plus | slash) & 64)
}
