// Builds the addon with cmake-js into build/<Type>: `node scripts/addon/build.mjs [Release|Debug|Asan]`. With the name of a target
// behind that it builds only this one, into build/Fuzz.
// It is also the package's install script, so it needs nothing but Node and the package's own dependencies.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findNodeHeaders } from './node-headers.mjs'
import { missingFor, sentence } from './requirements.mjs'

const types = ['Release', 'Debug', 'Asan']
const root = realpathSync(join(dirname(fileURLToPath(import.meta.url)), '..', '..'))
const type = process.argv[2] ?? 'Release'
const target = process.argv[3]
const out = join(root, 'build', target === undefined ? type : 'Fuzz')
/** Says which settings the build was configured with; there is none while that has not succeeded. */
const stamp = join(out, 'settings.json')

/** @returns {never} */
function fail(message) {
  console.error(message)
  process.exit(1)
}

const require = createRequire(import.meta.url)
function folderOf(dependency) {
  try {
    return dirname(require.resolve(`${dependency}/package.json`))
  } catch {
    return fail(`The package ${dependency} is not installed: run \`npm install\`, then try again.`)
  }
}

/** Whatever CMake remembers from its first run; when one of these differs, it has to start over. */
function settings() {
  const names = ['CXX', 'CXXFLAGS', 'LDFLAGS', 'PKG_CONFIG', 'PKG_CONFIG_PATH', 'PKG_CONFIG_LIBDIR']
  return JSON.stringify({
    root,
    node: process.execPath,
    headers: findNodeHeaders(),
    cmakeJs: folderOf('cmake-js'),
    nodeAddonApi: folderOf('node-addon-api'),
    environment: names.map((name) => process.env[name] ?? ''),
  })
}

function cmakeJs(command, ...more) {
  const args = [
    join(folderOf('cmake-js'), 'bin', 'cmake-js'),
    command,
    '--directory',
    root,
    '--out',
    out,
    '--config',
    type,
  ]
  args.push(
    '--parallel',
    String(availableParallelism()),
    '--log-level',
    'warn',
    `--CDNODE_EXECUTABLE=${process.execPath}`,
    ...more,
  )
  const { status, signal } = spawnSync(process.execPath, args, { stdio: 'inherit', cwd: root })
  if (status !== 0)
    fail(`The build of the addon failed (cmake-js ${command}: ${signal ?? status}), for the reason printed above.`)
}

if (!types.includes(type)) fail(`Unknown build type ${type}: use ${types.join(', ')}.`)
const missing = missingFor('build')
if (missing.length > 0) fail(sentence(missing))

const wanted = settings()
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  // Not the whole folder: under node-gyp it holds make's own notes.
  for (const name of ['CMakeCache.txt', 'CMakeFiles', 'settings.json'])
    rmSync(join(out, name), { recursive: true, force: true })
  cmakeJs('configure')
  writeFileSync(stamp, wanted)
}
cmakeJs('build', ...(target === undefined ? [] : ['--target', target]))
