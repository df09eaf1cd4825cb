import type { SecureBuffer } from 'bitcoin-support'
import { decodeBase64 } from './base64.js'
import type { Credential, Login } from './credential.js'

const PREFIX = [...Buffer.from('Basic ')]
const SPACE = 0x20
const COLON = 0x3a

/** The users who may log in. Disposing it wipes their credentials. */
export class Credentials implements Disposable {
  readonly #all: Credential[] = []

  /** @param credential - is disposed with the others */
  add(credential: Credential): void {
    this.#all.push(credential)
  }

  /**
   * Finds out who is asking. It compares the header as it is. When that decides nothing, it decodes the header in locked
   * memory, which it wipes at once.
   *
   * @param header - the value of the `Authorization` header
   * @returns the user's name, or undefined when nobody of that name has that password
   */
  authorize(header: SecureBuffer): string | undefined {
    return this.#find((credential) => credential.isHeader(header)) ?? header.use((bytes) => this.#lookInto(bytes))
  }

  /** Wipes all of them. */
  [Symbol.dispose](): void {
    for (const credential of this.#all.splice(0)) credential[Symbol.dispose]()
  }

  #lookInto(bytes: Uint8Array): string | undefined {
    const header = canonical(bytes)
    if (header === undefined) return undefined
    const user = this.#find((credential) => credential.isHeader(header))
    const login = decode(header)
    return user ?? (login && this.#find((credential) => credential.isLogin(login)))
  }

  /** Tries every credential, so that the time does not depend on which of them has the user's name. */
  #find(fits: (credential: Credential) => boolean): string | undefined {
    let user: string | undefined
    for (const credential of this.#all) if (fits(credential)) user = credential.user
    return user
  }
}

/** Brings a header into its one proper form, within `bytes`. */
function canonical(bytes: Uint8Array): Uint8Array | undefined {
  if (PREFIX.some((byte, index) => bytes[index] !== byte)) return undefined
  let [start, end] = [PREFIX.length, bytes.length]
  while (start < end && isSpace(bytes[start])) start += 1
  while (end > start && isSpace(bytes[end - 1])) end -= 1
  bytes.copyWithin(PREFIX.length, start, end)
  return bytes.subarray(0, PREFIX.length + end - start)
}

/** Decodes a header in its proper form, which it overwrites. */
function decode(header: Uint8Array): Login | undefined {
  const decoded = decodeBase64(header.subarray(PREFIX.length))
  const colon = decoded?.indexOf(COLON) ?? -1
  if (decoded === undefined || colon < 0) return undefined
  return { user: decoded.subarray(0, colon), password: decoded.subarray(colon + 1) }
}

function isSpace(byte: number | undefined): boolean {
  return byte !== undefined && (byte === SPACE || (byte >= 9 && byte <= 13))
}
