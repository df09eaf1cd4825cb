// Runs programs as a user to whom limits apply: root may lock as much memory as it likes.

const NOBODY = 65534

/** @returns what goes before a command so that it does not run as root, and the user that it runs as */
export function asNobody(): { uid: number; command: readonly string[] } {
  const uid = process.getuid?.()
  if (uid === undefined) throw new Error('there are no users here')
  if (uid !== 0) return { uid, command: [] }
  return { uid: NOBODY, command: ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] }
}
