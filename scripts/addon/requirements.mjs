// What the project needs from the system, and the sentence that names what is missing.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { findNodeHeaders } from './node-headers.mjs'
import { installHint, which } from './system-packages.mjs'

export const libeventMinimum = '2.1.12'

const pkgConfig = (env) => env.PKG_CONFIG || 'pkg-config'

function output(command, args, env) {
  const { status, stdout } = spawnSync(command, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return status === 0 ? stdout.trim() : undefined
}

/** The C++ compiler that CMake would take: the one from CXX, else the first of its usual names. */
export function compiler(env = process.env) {
  return (env.CXX ? [env.CXX.trim().split(/\s+/)[0]] : ['c++', 'g++', 'clang++']).find((name) => which(name, env))
}

/**
 * The AddressSanitizer runtime that belongs to the compiler, as a file that can be preloaded into a Node that was built
 * without it.
 */
export function addressSanitizer(env = process.env, cxx = compiler(env)) {
  if (!cxx) return undefined
  const arch = { x64: 'x86_64', arm64: 'aarch64' }[process.arch] ?? process.arch
  const names = output(cxx, ['--version'], env)?.includes('clang')
    ? ['libclang_rt.asan.so', `libclang_rt.asan-${arch}.so`, 'libclang_rt.asan_osx_dynamic.dylib']
    : ['libasan.so']
  // A compiler that does not have the file answers with the bare name.
  return names
    .map((name) => output(cxx, [`-print-file-name=${name}`], env))
    .find((file) => file?.includes('/') && existsSync(file))
}

/** A clang++ that has libFuzzer: the one from CXX if it is one, else that on the path. */
export function fuzzingCompiler(env = process.env) {
  const arch = { x64: 'x86_64', arm64: 'aarch64' }[process.arch] ?? process.arch
  const libraries = [`libclang_rt.fuzzer-${arch}.a`, 'libclang_rt.fuzzer.a', 'libclang_rt.fuzzer_osx.a']
  const isThere = (cxx, library) => {
    const file = output(cxx, [`-print-file-name=${library}`], env)
    return file?.includes('/') && existsSync(file)
  }
  return [compiler(env), 'clang++'].find(
    (cxx) => cxx && which(cxx, env) && libraries.some((library) => isThere(cxx, library)),
  )
}

/** In the order in which a build would notice. */
const needs = {
  compiler: {
    what: (env) => (env.CXX ? `the C++ compiler ${env.CXX} (named by CXX)` : 'a C++ compiler'),
    met: compiler,
  },
  cmake: { what: () => 'CMake', met: (env) => which('cmake', env) },
  make: { what: () => 'make', met: (env) => which('ninja', env) ?? which('make', env) },
  pkgConfig: { what: () => 'pkg-config', met: (env) => which(pkgConfig(env), env) },
  libevent: {
    what: () => `libevent ${libeventMinimum} or newer`,
    met: (env) =>
      output(pkgConfig(env), ['--exists', `libevent >= ${libeventMinimum}`, 'libevent_pthreads'], env) !== undefined,
  },
  nodeHeaders: { what: () => "Node's header uv.h", met: (env) => findNodeHeaders({ env }) },
  sanitizers: {
    what: (env) => `the AddressSanitizer runtime of ${compiler(env)}`,
    met: (env) => addressSanitizer(env),
  },
  fuzzer: { what: () => 'clang with libFuzzer', met: fuzzingCompiler },
  curl: { what: () => 'curl', met: (env) => which('curl', env) },
  python: { what: () => 'Python 3', met: (env) => which('python3', env) },
  valgrind: { what: () => 'valgrind', met: (env) => which('valgrind', env) },
  gdb: { what: () => 'gdb', met: (env) => which('gdb', env) },
  go: { what: () => 'Go', met: (env) => which('go', env) },
  mingw: {
    what: () => 'a C++ compiler for Windows (mingw-w64)',
    met: (env) => which('x86_64-w64-mingw32-g++-posix', env) ?? which('x86_64-w64-mingw32-g++', env),
  },
  // Debian keeps its programs off the path.
  wine: {
    what: () => 'Wine',
    met: (env) => which('wine64', env) ?? which('wine', env) ?? which('/usr/lib/wine/wine64', env),
  },
  // Off the path of those who are not root.
  nginx: { what: () => 'nginx', met: (env) => which('nginx', env) ?? which('/usr/sbin/nginx', env) },
  wrk: { what: () => 'wrk', met: (env) => which('wrk', env) },
  strace: { what: () => 'strace', met: (env) => which('strace', env) },
  jansson: { what: () => 'jansson', met: (env) => output(pkgConfig(env), ['--exists', 'jansson'], env) !== undefined },
}

const build = ['compiler', 'cmake', 'make', 'pkgConfig', 'libevent', 'nodeHeaders']

/** What the tests talk to, run on, and look through. */
const peers = [
  'curl',
  'python',
  'go',
  'nginx',
  ...(process.platform === 'linux' ? ['valgrind', 'gdb', 'mingw', 'wine'] : []),
]

/** What has to be on the system for each thing that one can do here. */
export const purposes = {
  build,
  test: [...build, ...peers],
  asan: [...build, ...peers, 'sanitizers', 'fuzzer'],
  fuzz: [...build, 'fuzzer'],
  bench: [...build, 'wrk', 'jansson', ...(process.platform === 'linux' ? ['strace'] : [])],
}

/** The needs, as keys of `packages`, that are not met here. */
export function missingFor(purpose, env = process.env) {
  return purposes[purpose].filter((need) => !needs[need].met(env))
}

/** One sentence that says what is missing and which packages to install. */
export function sentence(missing, env = process.env) {
  const list = new Intl.ListFormat('en-GB').format(missing.map((need) => needs[need].what(env)))
  const it = missing.length === 1 ? 'it' : 'them'
  return `bitcoin-support needs ${list}: install ${it} with ${installHint(missing, env)}, then try again.`
}
