import { randomBytes } from 'node:crypto'
import { closeSync, fchmodSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Credential, credentialOf } from './credentials.js'

const USER = '__cookie__'
const PASSWORD_BYTES = 32
const OWNER_ONLY = 0o600

/**
 * A password made up at every start and left in a file that only the owner reads: whoever can read it may use the
 * server. The file is removed on dispose.
 */
export class CookieFile implements Disposable {
  readonly path: string
  readonly credential: Credential
  readonly #content: string

  /**
   * @param dataDirectory - the directory to write `.cookie` to
   * @throws Error with a `code` of the file system when it cannot be written
   */
  constructor(dataDirectory: string) {
    const password = randomBytes(PASSWORD_BYTES).toString('hex')
    this.path = join(dataDirectory, '.cookie')
    this.credential = credentialOf(USER, password)
    this.#content = `${USER}:${password}`
    this.#write()
  }

  /** Removes the file, unless another server has put its own there since. */
  [Symbol.dispose](): void {
    if (this.#isOurs()) rmSync(this.path, { force: true })
  }

  /** Renamed into place whole: a client never reads half a cookie, nor one with an older file's permissions. */
  #write(): void {
    const temporary = `${this.path}.tmp`
    rmSync(temporary, { force: true })
    const fd = openSync(temporary, 'wx', OWNER_ONLY)
    try {
      // The process's umask may have taken the owner's own permission away.
      fchmodSync(fd, OWNER_ONLY)
      writeSync(fd, this.#content)
    } finally {
      closeSync(fd)
    }
    renameSync(temporary, this.path)
  }

  #isOurs(): boolean {
    try {
      return readFileSync(this.path, 'utf8') === this.#content
    } catch {
      return false
    }
  }
}
