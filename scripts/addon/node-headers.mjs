// Finds the directory that holds Node's uv.h, which node-api-headers does not carry. libuv keeps its ABI within 1.x, so the
// headers of another Node 20+ serve as well; the closest match is tried first.
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

const systemFolders = [
  '/usr/include/node',
  '/usr/include/nodejs',
  '/usr/local/include/node',
  '/usr/include',
  '/usr/local/include',
  '/opt/homebrew/include',
]

/** Newest first, so that the cache of a newer Node wins over a forgotten old one. */
function versionsIn(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => /^v?\d+\.\d+\.\d+$/.test(name))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map((name) => join(folder, name))
}

function* roots({ env, execPath, home, arch, version }) {
  for (const nodedir of [env.npm_config_nodedir, env.npm_package_config_node_gyp_nodedir]) {
    if (nodedir) yield nodedir
  }
  yield join(dirname(execPath), '..')
  yield join(dirname(realpathSync(execPath)), '..')
  const caches = [
    env.npm_config_devdir,
    join(env.XDG_CACHE_HOME || join(home, '.cache'), 'node-gyp'),
    join(home, 'Library', 'Caches', 'node-gyp'),
    join(home, '.cmake-js', `node-${arch}`),
  ].filter(Boolean)
  for (const cache of caches) {
    yield join(cache, version)
    yield join(cache, `v${version}`)
  }
  for (const cache of caches) yield* versionsIn(cache)
}

/**
 * Looks beside the running Node, then in the caches of node-gyp and cmake-js, then in the system's own include folders.
 * BITCOIN_SUPPORT_NODE_HEADERS names the one folder to look in instead, for a Node that keeps them elsewhere.
 *
 * @param system include folders tried last: a Node that a distribution packages is built against the system's libuv
 * @returns the folder that holds uv.h, or undefined
 */
export function findNodeHeaders({
  env = process.env,
  execPath = process.execPath,
  home = homedir(),
  arch = process.arch,
  version = process.versions.node,
  system = systemFolders,
} = {}) {
  const hasUv = (folder) => existsSync(join(folder, 'uv.h'))
  const named = env.BITCOIN_SUPPORT_NODE_HEADERS
  if (named) return hasUv(named) ? realpathSync(named) : undefined
  for (const root of roots({ env, execPath, home, arch, version })) {
    const folder = [join(root, 'include', 'node'), join(root, 'deps', 'uv', 'include')].find(hasUv)
    if (folder) return realpathSync(folder)
  }
  return system.find(hasUv)
}
