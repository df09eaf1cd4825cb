// The names of what this project needs, in four package managers.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export const managers = {
  apt: { command: 'apt-get', install: ['install', '-y', '--no-install-recommends'], refresh: ['update'] },
  dnf: { command: 'dnf', install: ['install', '-y'] },
  apk: { command: 'apk', install: ['add', '--no-cache'] },
  // Homebrew refuses to run as root.
  brew: { command: 'brew', install: ['install'], asUser: true },
}

/** By need and package manager; a need without an entry cannot be installed by that manager. */
export const packages = {
  compiler: { apt: ['g++'], dnf: ['gcc-c++'], apk: ['g++'] },
  make: { apt: ['make'], dnf: ['make'], apk: ['make'], brew: ['make'] },
  cmake: { apt: ['cmake'], dnf: ['cmake'], apk: ['cmake'], brew: ['cmake'] },
  pkgConfig: { apt: ['pkg-config'], dnf: ['pkgconf-pkg-config'], apk: ['pkgconf'], brew: ['pkgconf'] },
  libevent: { apt: ['libevent-dev'], dnf: ['libevent-devel'], apk: ['libevent-dev'], brew: ['libevent'] },
  // A Node without its own headers is a distribution's, or a bare binary: the system's libuv has the same interface.
  nodeHeaders: { apt: ['libuv1-dev'], dnf: ['libuv-devel'], apk: ['libuv-dev'], brew: ['libuv'] },
  // Debian's g++ brings its own; Fedora's compilers both leave it out.
  sanitizers: { apt: ['libclang-rt-dev'], dnf: ['libasan', 'libubsan', 'compiler-rt'] },
  fuzzer: {
    apt: ['clang', 'libclang-rt-dev'],
    dnf: ['clang', 'compiler-rt'],
    apk: ['clang', 'compiler-rt'],
  },
  curl: { apt: ['curl'], dnf: ['curl'], apk: ['curl'], brew: ['curl'] },
  python: { apt: ['python3'], dnf: ['python3'], apk: ['python3'], brew: ['python'] },
  // With its header, by which a test marks memory as secret.
  valgrind: { apt: ['valgrind'], dnf: ['valgrind-devel'], apk: ['valgrind-dev'] },
  gdb: { apt: ['gdb'], dnf: ['gdb'], apk: ['gdb'] },
  go: { apt: ['golang-go'], dnf: ['golang'], apk: ['go'], brew: ['go'] },
  mingw: { apt: ['g++-mingw-w64-x86-64-posix'], dnf: ['mingw64-gcc-c++'], apk: ['mingw-w64-gcc'], brew: ['mingw-w64'] },
  wine: { apt: ['wine64'], dnf: ['wine-core'], apk: ['wine'] },
  nginx: { apt: ['nginx-light'], dnf: ['nginx-core'], apk: ['nginx'], brew: ['nginx'] },
  wrk: { apt: ['wrk'], dnf: ['wrk'], apk: ['wrk'], brew: ['wrk'] },
  strace: { apt: ['strace'], dnf: ['strace'], apk: ['strace'] },
  jansson: { apt: ['libjansson-dev'], dnf: ['jansson-devel'], apk: ['jansson-dev'], brew: ['jansson'] },
}

/** The full path of a program on PATH, or undefined. */
export function which(program, env = process.env) {
  if (program.includes('/')) return existsSync(program) ? program : undefined
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    if (folder && existsSync(join(folder, program))) return join(folder, program)
  }
  return undefined
}

/** The name (a key of `managers`) of this machine's package manager, or an empty string. */
export function packageManager(env = process.env) {
  return Object.keys(managers).find((name) => which(managers[name].command, env)) ?? ''
}

/** The command line that installs these needs, in the words of this machine's package manager. */
export function installHint(needs, env = process.env) {
  const manager = packageManager(env)
  const names = needs.map((need) => packages[need][manager])
  if (manager && names.every(Boolean))
    return `\`${managers[manager].command} ${managers[manager].install[0]} ${names.flat().join(' ')}\``
  if (manager === 'brew' && needs.includes('compiler')) return '`xcode-select --install`'
  return `your package manager (Debian's names: ${needs.flatMap((need) => packages[need].apt).join(' ')})`
}
