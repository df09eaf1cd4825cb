// Node's other versions, from the packages that carry its binaries for one platform each.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npm, root } from '../build/support.js'

const cache = join(root, 'node_modules', '.cache', 'node-versions')

/** The supported ones, each as the newest of its range. */
export const SUPPORTED = { node20: '^20', node22: '^22', node24: '^24', newest: 'latest' } as const
/** Before the oldest that is supported. */
const TOO_OLD = { node18: '^18' } as const

/** @returns the path of a version's binary */
export function nodeBinary(alias: keyof typeof SUPPORTED | keyof typeof TOO_OLD): string {
  return join(cache, 'node_modules', alias, 'bin', 'node')
}

let installed: Promise<unknown> | undefined

/** Installs them, once in a process. */
export async function installNodeVersions(): Promise<void> {
  installed ??= install()
  await installed
}

async function install(): Promise<void> {
  mkdirSync(cache, { recursive: true })
  const dependencies = Object.fromEntries(
    Object.entries({ ...SUPPORTED, ...TOO_OLD }).map(([alias, range]) => [
      alias,
      `npm:node-${process.platform}-${process.arch}@${range}`,
    ]),
  )
  writeFileSync(join(cache, 'package.json'), JSON.stringify({ private: true, dependencies }))
  // They have no install scripts. Without a lock file, so that every new installation asks for the newest of each range.
  await npm(['install', '--ignore-scripts', '--no-package-lock', '--prefix', cache], cache)
}
