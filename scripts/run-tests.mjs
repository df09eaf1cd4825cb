// Builds what has changed and runs a few test files: `node scripts/run-tests.mjs [--watch] <test files> [mocha's options]`.
// A test file is named by its source: test/native/errors.test.ts. With --watch it does so again whenever a source changes.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fail, root, run } from './lib/run.mjs'

const watches = process.argv.includes('--watch')
const given = process.argv.slice(2).filter((argument) => argument !== '--watch')
const build = process.env.BITCOIN_SUPPORT_BUILD ?? 'Release'

/** What mocha runs for a source. */
function compiled(argument) {
  const path = relative(root, join(process.cwd(), argument))
  return /^test\/.*\.ts$/.test(path) ? join('out', path.replace(/\.ts$/, '.js')) : argument
}

/** What is built and run, by when it was changed. */
function sources() {
  const paths = ['src', 'test', 'native', 'examples', 'bench'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  const files = paths.filter((path) => /\.(ts|cc|h|c)$/.test(path))
  return new Map(files.map((path) => [path, statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs]))
}

/** @returns whether all is built */
function rebuild(native) {
  if (native && run(process.execPath, [join(root, 'scripts', 'addon', 'build.mjs'), build]) !== 0) return false
  return run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b']) === 0
}

/** @returns the process that runs the tests */
function start() {
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js')
  return spawn(process.execPath, [mocha, ...given.map(compiled)], { cwd: root, stdio: 'inherit' })
}

if (!given.some((argument) => argument.endsWith('.ts'))) {
  fail('Which tests is the question: use npm run test:file -- test/native/errors.test.ts.')
}
for (const argument of given) {
  if (argument.endsWith('.ts') && !existsSync(join(process.cwd(), argument))) fail(`There is no ${argument}.`)
}

const built = rebuild(true)
if (!watches) {
  if (!built) process.exit(1)
  start().on('exit', (code) => process.exit(code ?? 1))
} else {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let running = built ? start() : undefined
  let before = sources()
  // Node 20 loses sight of files that an editor or a branch replaces, so they are looked at.
  setInterval(() => {
    const now = sources()
    const changed = [...new Set([...before.keys(), ...now.keys()])].filter((path) => before.get(path) !== now.get(path))
    before = now
    if (changed.length === 0) return
    console.log(`\nChanged: ${changed.join(', ')}`)
    running?.kill()
    running = rebuild(changed.some((path) => !path.endsWith('.ts'))) ? start() : undefined
  }, 500)
}
