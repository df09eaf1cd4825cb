import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** A user who may log in; of the password only a salted HMAC-SHA256 is kept, as `-rpcauth` has it. */
export interface Credential {
  readonly user: Buffer
  readonly salt: string
  readonly hash: Buffer
}

const SALT_BYTES = 16

/**
 * @param user - the user's name
 * @param password - the password; only its hash is kept
 * @returns the credential
 */
export function credentialOf(user: string, password: string | Uint8Array): Credential {
  const salt = randomBytes(SALT_BYTES).toString('hex')
  return { user: Buffer.from(user), salt, hash: hashPassword(salt, password) }
}

/**
 * Reads the value of `-rpcauth`, as Bitcoin Core's `rpcauth.py` makes it.
 *
 * @param text - `user:salt$hash`
 * @returns the credential, or undefined when the text has another form
 */
export function parseRpcAuth(text: string): Credential | undefined {
  const match = /^([^:]*):([^:$]*)\$([^:$]*)$/.exec(text)
  if (match === null) return undefined
  const [, user = '', salt = '', hash = ''] = match
  return { user: Buffer.from(user), salt, hash: Buffer.from(hash, 'utf8') }
}

/**
 * Finds out who is asking.
 *
 * @param header - the value of the `Authorization` header
 * @param credentials - those who may log in
 * @returns the user's name, or undefined when nobody of that name has that password
 */
export function authorize(header: string, credentials: readonly Credential[]): string | undefined {
  const login = parseBasic(header)
  if (login === undefined) return undefined
  let authorized = false
  // Every credential is tried, so that the time taken does not tell which of them has the user's name.
  for (const { user, salt, hash } of credentials) {
    const isUser = equal(user, login.user)
    const isPassword = equal(hash, hashPassword(salt, login.password))
    authorized ||= isUser && isPassword
  }
  return authorized ? login.user.toString() : undefined
}

/** As text, because that is what `-rpcauth` holds and what Bitcoin Core compares. */
function hashPassword(salt: string, password: string | Uint8Array): Buffer {
  return Buffer.from(createHmac('sha256', salt).update(password).digest('hex'))
}

/** Compares digests: these have one length, and the time taken depends on neither what is compared nor where it differs. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())
}

function parseBasic(header: string): { user: Buffer; password: Buffer } | undefined {
  if (!header.startsWith('Basic ')) return undefined
  const text = header.slice('Basic '.length).trim()
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  const decoded = Buffer.from(text, 'base64')
  const colon = decoded.indexOf(':')
  return colon < 0 ? undefined : { user: decoded.subarray(0, colon), password: decoded.subarray(colon + 1) }
}
