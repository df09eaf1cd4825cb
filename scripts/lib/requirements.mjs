// What a build of the addon needs from the system, and the one sentence that is said when it is not there.
import { spawnSync } from 'node:child_process'
import { findNodeHeaders } from './node-headers.mjs'
import { installHint, which } from './system-packages.mjs'

export const libeventMinimum = '2.1.12'

function succeeds(command, args, env) {
  return spawnSync(command, args, { env, stdio: 'ignore' }).status === 0
}

const compilers = (env) => (env.CXX ? [env.CXX.split(' ')[0]] : ['c++', 'g++', 'clang++'])
const pkgConfig = (env) => env.PKG_CONFIG || 'pkg-config'

/** Each check answers whether the need is met; the order is the order in which a build would notice. */
const checks = {
  compiler: {
    met: (env) => compilers(env).some((name) => which(name, env)),
    missing: (env) => (env.CXX ? `The C++ compiler ${env.CXX} (from CXX) was not found` : 'A C++ compiler was not found'),
  },
  cmake: { met: (env) => which('cmake', env), missing: () => 'CMake was not found' },
  make: { met: (env) => which('ninja', env) ?? which('make', env), missing: () => 'Neither make nor ninja was found' },
  pkgConfig: { met: (env) => which(pkgConfig(env), env), missing: () => 'pkg-config was not found' },
  libevent: {
    met: (env) =>
      succeeds(pkgConfig(env), ['--exists', `libevent >= ${libeventMinimum}`, 'libevent_pthreads'], env),
    missing: () => `libevent ${libeventMinimum} or newer was not found`,
  },
  nodeHeaders: { met: (env) => findNodeHeaders({ env }), missing: () => "Node's header uv.h was not found" },
}

/** The needs, as keys of `packages`, that a build of the addon would miss here. */
export function missingForBuild(env = process.env) {
  return Object.keys(checks).filter((need) => !checks[need].met(env))
}

/** One sentence that says what is missing and which package to install. */
export function sentence(need, env = process.env) {
  return `${checks[need].missing(env)}: install it with ${installHint(need, env)}, then build again.`
}
