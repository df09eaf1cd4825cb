import { existsSync, readFileSync } from 'node:fs'

/** What a process of the benchmark has open besides connections. */
const OTHERS = 200

/**
 * Node raises its limit of open files to the hard one when it starts, and whatever it runs has the same.
 *
 * @returns why so many connections cannot be had here; undefined when they can
 */
export function missingDescriptors(connections: number): string | undefined {
  if (!existsSync('/proc/self/limits')) return undefined
  const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity)
  if (limit >= connections + OTHERS) return undefined
  return `${connections} connections: the limit of open files is ${limit}, raise it with \`ulimit -n ${connections + OTHERS}\``
}
