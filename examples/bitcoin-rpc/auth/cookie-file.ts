import { closeSync, fchmodSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { SecureBuffer, secureAllocator } from 'bitcoin-support'
import { type Credential, PasswordCredential } from './credential.js'
import { lockedBytes } from './locked-bytes.js'

/** The user of every cookie. */
export const COOKIE_USER = '__cookie__'
const PASSWORD_BYTES = 32
const OWNER_ONLY = 0o600
const HEX = Buffer.from('0123456789abcdef')

/**
 * A password made up at every start and left in a file that only the owner reads: whoever can read it may use the
 * server. In this process it is in locked memory alone, from the random generator to the file. The file is removed on
 * dispose.
 */
export class CookieFile implements Disposable {
  readonly path: string
  /** Its owner disposes it. */
  readonly credential: Credential
  readonly #content = makeContent()

  /**
   * @param dataDirectory - the directory to write `.cookie` to
   * @throws Error with a `code` of the file system when it cannot be written
   */
  constructor(dataDirectory: string) {
    this.path = join(dataDirectory, '.cookie')
    try {
      this.#write()
    } catch (error) {
      this.#content.destroy()
      throw error
    }
    this.credential = this.#content.use((content) => new PasswordCredential(COOKIE_USER, content))
  }

  /** Removes the file, unless another server has put its own there since. */
  [Symbol.dispose](): void {
    if (this.#content.isValid() && this.#isOurs()) rmSync(this.path, { force: true })
    this.#content.destroy()
  }

  /** Renames a whole file into place: a client never reads half a cookie, nor one with an older file's permissions. */
  #write(): void {
    const temporary = `${this.path}.tmp`
    rmSync(temporary, { force: true })
    const fd = openSync(temporary, 'wx', OWNER_ONLY)
    try {
      // The process's umask may have taken the owner's own permission away.
      fchmodSync(fd, OWNER_ONLY)
      this.#content.use((content) => writeSync(fd, content))
    } finally {
      closeSync(fd)
    }
    renameSync(temporary, this.path)
  }

  #isOurs(): boolean {
    // One byte more, to notice a longer file.
    const found = secureAllocator.allocate(this.#content.len() + 1)
    try {
      return this.#content.equals(found.subarray(0, readFile(this.path, found)))
    } catch {
      return false
    } finally {
      secureAllocator.deallocate(found)
    }
  }
}

/** `__cookie__:` and the password in hexadecimal. */
function makeContent(): SecureBuffer {
  using password = SecureBuffer.random(PASSWORD_BYTES)
  const name = Buffer.from(`${COOKIE_USER}:`)
  return lockedBytes(name.length + 2 * PASSWORD_BYTES, (memory) => {
    memory.set(name)
    let end = name.length
    password.use((bytes) => {
      for (const byte of bytes) {
        memory[end++] = HEX[byte >> 4] ?? 0
        memory[end++] = HEX[byte & 15] ?? 0
      }
    })
    return end
  })
}

/** @returns how many bytes of the file `into` has taken */
function readFile(path: string, into: Uint8Array): number {
  const fd = openSync(path, 'r')
  try {
    return readSync(fd, into)
  } finally {
    closeSync(fd)
  }
}
