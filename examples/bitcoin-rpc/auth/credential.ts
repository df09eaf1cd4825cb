import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { memoryCleanse, SecureBuffer } from 'bitcoin-support'
import { base64Length, encodeBase64 } from './base64.js'
import { lockedBytes } from './locked-bytes.js'

/** What is in an `Authorization` header. */
export interface Login {
  readonly user: Uint8Array
  readonly password: Uint8Array
}

/** A user who may log in. What proves it is in locked memory, until the credential is disposed. */
export interface Credential extends Disposable {
  readonly user: string

  /** @returns whether the header is exactly the user's; false also when only decoding it can show that */
  isHeader(header: SecureBuffer | Uint8Array): boolean

  /** @returns whether a decoded header is the user's */
  isLogin(login: Login): boolean
}

const BASIC = new TextEncoder().encode('Basic ')
const HASH_BYTES = 32

/** A user whose password the server knows. It is kept as clients send it, so that nothing has to be decoded. */
export class PasswordCredential implements Credential {
  readonly #header: SecureBuffer

  /**
   * @param user - the user's name
   * @param login - the name, a colon and the password; the caller's to wipe
   */
  constructor(
    readonly user: string,
    login: Uint8Array,
  ) {
    this.#header = lockedBytes(BASIC.length + base64Length(login.length), (memory) => {
      memory.set(BASIC)
      return BASIC.length + encodeBase64(login, memory.subarray(BASIC.length))
    })
  }

  /**
   * @param user - the user's name
   * @param password - comes from the command line, where it is a string that nobody can wipe
   * @returns the credential
   */
  static fromCommandLine(user: string, password: string): PasswordCredential {
    const encoder = new TextEncoder()
    const name = encoder.encode(`${user}:`)
    using login = lockedBytes(name.length + Buffer.byteLength(password), (memory) => {
      memory.set(name)
      return name.length + encoder.encodeInto(password, memory.subarray(name.length)).written
    })
    return login.use((bytes) => new PasswordCredential(user, bytes))
  }

  isHeader(header: SecureBuffer | Uint8Array): boolean {
    return this.#header.equals(header)
  }

  isLogin(): boolean {
    return false
  }

  [Symbol.dispose](): void {
    this.#header.destroy()
  }
}

/** The parts of an `-rpcauth`. */
export interface RpcAuth {
  readonly user: string
  /** The HMAC's key. */
  readonly salt: string
  /** The HMAC in hexadecimal. */
  readonly hash: string
}

/**
 * Reads the value of `-rpcauth`, as Bitcoin Core's `rpcauth.py` makes it.
 *
 * @param text - `user:salt$hash`
 * @returns its parts, or undefined when the text has another form
 */
export function parseRpcAuth(text: string): RpcAuth | undefined {
  const match = /^([^:]*):([^:$]*)\$([^:$]*)$/.exec(text)
  if (match === null) return undefined
  const [, user = '', salt = '', hash = ''] = match
  return { user, salt, hash }
}

/** A user of whose password the server knows a salted HMAC-SHA256, from `-rpcauth`. */
export class HashCredential implements Credential {
  readonly #salt: string
  readonly #hash = new SecureBuffer(HASH_BYTES)

  readonly user: string
  readonly #userDigest: Buffer

  /** @param auth - from {@link parseRpcAuth}; no password fits a hash in another form than `rpcauth.py` gives it */
  constructor({ user, salt, hash }: RpcAuth) {
    this.user = user
    this.#userDigest = digestOf(new TextEncoder().encode(user))
    this.#salt = salt
    if (!/^[0-9a-f]{64}$/.test(hash)) return
    // A Buffer with memory of its own: what Buffer.from() makes of a string is a part of a shared block.
    const bytes = Buffer.from(new ArrayBuffer(HASH_BYTES))
    bytes.write(hash, 'hex')
    this.#hash.write(bytes)
    memoryCleanse(bytes)
  }

  isHeader(): boolean {
    return false
  }

  isLogin({ user, password }: Login): boolean {
    const hash = createHmac('sha256', this.#salt).update(password).digest()
    const isPassword = this.#hash.equals(hash)
    memoryCleanse(hash)
    // Names are compared by their digests: these have one length, and the time taken does not depend on where names differ.
    return timingSafeEqual(this.#userDigest, digestOf(user)) && isPassword
  }

  [Symbol.dispose](): void {
    this.#hash.destroy()
  }
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
