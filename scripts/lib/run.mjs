import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout's top folder. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/**
 * Ends the process with one sentence and exit code 1.
 *
 * @returns {never}
 */
export function fail(sentence) {
  console.error(sentence)
  process.exit(1)
}

/**
 * Runs a command in the checkout, and shows its output.
 *
 * @returns its exit code; 128 if a signal ended it, 127 if it could not be started
 */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (error) return 127
  return status ?? 128
}
