import { mkdirSync, statSync } from 'node:fs'
import { UsageError } from './args/usage-error.js'

/**
 * Makes sure that the data directory is there; a new one is its owner's alone.
 *
 * @param path - the directory
 * @throws UsageError when it is something else or cannot be made
 */
export function prepareDataDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
    throw new UsageError(`Cannot use '${path}' as the data directory: ${messageOf(error)}`)
  }
}

/**
 * @param error - anything thrown
 * @returns its message on one line
 */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll('\n', ' ')
}
