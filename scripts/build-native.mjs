// Builds the addon with cmake-js into build/<Type>: `node scripts/build-native.mjs [Release|Debug|Asan]`.
// It is also the package's install script, so it needs nothing but Node and the package's own dependencies.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findNodeHeaders } from './lib/node-headers.mjs'
import { missingForBuild, sentence } from './lib/requirements.mjs'

const types = ['Release', 'Debug', 'Asan']
const root = realpathSync(join(dirname(fileURLToPath(import.meta.url)), '..'))
const type = process.argv[2] ?? 'Release'

function fail(message) {
  console.error(message)
  process.exit(1)
}

if (!types.includes(type)) fail(`Unknown build type ${type}: use ${types.join(', ')}.`)
const [missing] = missingForBuild()
if (missing) fail(sentence(missing))

const require = createRequire(import.meta.url)
function folderOf(dependency) {
  try {
    return dirname(require.resolve(`${dependency}/package.json`))
  } catch {
    fail(`The package ${dependency} is not installed: run \`npm install\` first, then build again.`)
  }
}

const out = join(root, 'build', type)
const cmakeJs = join(folderOf('cmake-js'), 'bin', 'cmake-js')

/** Whatever CMake remembers from its first run; when one of these differs, it has to start over. */
const settings = JSON.stringify({
  root,
  cmakeJs,
  nodeAddonApi: folderOf('node-addon-api'),
  node: process.execPath,
  headers: findNodeHeaders(),
  ...Object.fromEntries(
    ['CC', 'CXX', 'CXXFLAGS', 'LDFLAGS', 'PKG_CONFIG', 'PKG_CONFIG_PATH', 'PKG_CONFIG_LIBDIR'].map((name) => [name, process.env[name]]),
  ),
})
const stamp = join(out, '.settings.json')

function run(command) {
  const args = [
    cmakeJs,
    command,
    ...['--directory', root, '--out', out, '--config', type, '--parallel', String(availableParallelism())],
    ...['--log-level', 'warn', `--CDNODE_EXECUTABLE=${process.execPath}`],
  ]
  const { status, signal } = spawnSync(process.execPath, args, { stdio: 'inherit', cwd: root })
  if (status !== 0) {
    rmSync(stamp, { force: true })
    fail(`cmake-js ${command} ended with ${signal ?? status}; what it printed above says why.`)
  }
}

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== settings) {
  rmSync(out, { recursive: true, force: true })
  run('configure')
  mkdirSync(out, { recursive: true })
  writeFileSync(stamp, settings)
}
run('build')
