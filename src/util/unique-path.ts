import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { native } from '../native/native.js'
import { checkString } from './validation.js'

/**
 * A path of the form `base/<8 hex digits>` that nothing in this process, whatever its thread, was given before: for
 * scratch files and test directories. It is not secret, and another process may be given the same: where that matters
 * use {@link makeUniqueDirectory}.
 *
 * @param base - the directory to be in; it need not exist
 * @returns the path; nothing is created
 * @throws {TypeError} when `base` is no string
 * @example
 * ```ts
 * getUniquePath('/tmp/tests') // '/tmp/tests/5d0f33a1'
 * ```
 */
export function getUniquePath(base: string): string {
  checkString(base, 'base')
  return join(base, native.uniqueNumber().toString(16).padStart(8, '0'))
}

/**
 * Creates a directory `base/<8 hex digits>` that did not exist before, with mode 0700, and `base` with its parents
 * where they are missing. Creation decides, so no other process gets the same one.
 *
 * @param base - the directory to be in
 * @returns the path of the new directory
 * @throws {TypeError} when `base` is no string
 * @throws {Error} the system's error when `base` or the directory cannot be created
 */
export function makeUniqueDirectory(base: string): string {
  checkString(base, 'base')
  mkdirSync(base, { recursive: true })
  for (;;) {
    const path = getUniquePath(base)
    try {
      mkdirSync(path, { mode: 0o700 })
      return path
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}
