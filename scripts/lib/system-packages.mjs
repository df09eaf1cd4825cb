// What the four package managers call the things that this project needs.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export const managers = {
  apt: { command: 'apt-get', install: ['install', '-y', '--no-install-recommends'], refresh: ['update'] },
  dnf: { command: 'dnf', install: ['install', '-y'] },
  apk: { command: 'apk', install: ['add', '--no-cache'] },
  brew: { command: 'brew', install: ['install'], neverRoot: true },
}

export const packages = {
  compiler: { apt: 'g++', dnf: 'gcc-c++', apk: 'g++', brew: 'gcc' },
  make: { apt: 'make', dnf: 'make', apk: 'make', brew: 'make' },
  cmake: { apt: 'cmake', dnf: 'cmake', apk: 'cmake', brew: 'cmake' },
  pkgConfig: { apt: 'pkg-config', dnf: 'pkgconf-pkg-config', apk: 'pkgconf', brew: 'pkgconf' },
  libevent: { apt: 'libevent-dev', dnf: 'libevent-devel', apk: 'libevent-dev', brew: 'libevent' },
  nodeHeaders: { apt: 'libuv1-dev', dnf: 'libuv-devel', apk: 'libuv-dev', brew: 'libuv' },
  curl: { apt: 'curl', dnf: 'curl', apk: 'curl', brew: 'curl' },
  python: { apt: 'python3', dnf: 'python3', apk: 'python3', brew: 'python3' },
  sanitizers: { apt: 'g++', dnf: 'libasan libubsan', apk: 'g++', brew: 'gcc' },
  wrk: { apt: 'wrk', dnf: 'wrk', apk: 'wrk', brew: 'wrk' },
}

/** The full path of a program on PATH, or undefined. */
export function which(program, env = process.env) {
  if (program.includes('/')) return existsSync(program) ? program : undefined
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    if (folder && existsSync(join(folder, program))) return join(folder, program)
  }
  return undefined
}

/** The name (a key of `managers`) of this machine's package manager, or undefined. */
export function packageManager(env = process.env) {
  return Object.keys(managers).find((name) => which(managers[name].command, env))
}

/** The command line that installs one of `packages`, in the words of this machine's package manager. */
export function installHint(need, env = process.env) {
  const manager = packageManager(env)
  if (manager) return `\`${managers[manager].command} ${managers[manager].install[0]} ${packages[need][manager]}\``
  return `your package manager (${packages[need].apt} on Debian)`
}
