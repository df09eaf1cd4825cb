// The programs of bench/c, compiled where they are measured.
import { execFileSync } from 'node:child_process'
import { renameSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout, from the compiled file's place. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

/** Compiles a program of bench/c. @param args - for the compiler besides @returns its path */
export function compiled(folder: string, name: string, ...args: readonly string[]): string {
  const path = join(folder, name)
  execFileSync('cc', ['-O2', '-Wall', join(root, `bench/c/${name}.c`), '-o', path, ...args], { stdio: 'inherit' })
  return path
}

/** The same for one that links libevent. @param others - what else it links, as pkg-config has it */
export function compiledWithLibevent(folder: string, name: string, ...others: readonly string[]): string {
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'libevent', ...others], { encoding: 'utf8' })
  return compiled(folder, name, ...flags.trim().split(/\s+/))
}

/** The same for an addon on Node-API. */
export function compiledAddon(folder: string, name: string): string {
  const require = createRequire(import.meta.url)
  // cmake-js has the headers for the library's own addon, too.
  const headers = createRequire(require.resolve('cmake-js/package.json'))('node-api-headers') as { include_dir: string }
  const path = compiled(folder, name, '-shared', '-fPIC', `-I${headers.include_dir}`)
  renameSync(path, `${path}.node`)
  return `${path}.node`
}
