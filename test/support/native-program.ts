// Programs in C, C++ and Go that tests build from the project's own sources and run as processes of their own.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { type ProgramResult, runProgram } from './run-program.js'

/** The checkout's folder. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** The folder of the build under test. */
export const buildFolder = join(root, 'build', process.env.BITCOIN_SUPPORT_BUILD ?? 'Release')

/** The C++ compiler, as CMake would choose it. */
export const cxx = process.env.CXX ?? 'c++'

/** A compiler on a machine that is busy takes its time, in ms. */
export const compileTimeout = 300_000

/** Paths below the checkout of the files in `folder` with the ending. */
export function sourcesIn(folder: string, ending = '.cc'): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
}

/** The newest change of a file below these folders, in ms. */
function newestIn(folders: readonly string[]): number {
  const times = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
      (name) => statSync(join(root, folder, name)).mtimeMs,
    ),
  )
  return Math.max(...times)
}

/**
 * Runs a compiler unless the program is newer than the sources.
 *
 * @param name - of the program, below out/native
 * @param compiler - the command, which gets `-o` next
 * @param args - its other arguments; sources are given by their paths below the checkout
 * @param env - variables that are added to its environment
 * @returns the program's path
 */
export async function compile(
  name: string,
  compiler: readonly [string, ...string[]],
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const path = join(root, 'out', 'native', name)
  const built = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (built > newestIn(['native', 'test/addon', 'examples', 'bench'])) return path
  mkdirSync(dirname(path), { recursive: true })
  const absolute = args.map((arg) => (/^[\w-]+\/[\w/.-]+\.(cc?|go)$/.test(arg) ? join(root, arg) : arg))
  const [command, ...first] = compiler
  const result = await runProgram(command, [...first, '-o', path, ...absolute], { env, stuckAfter: compileTimeout })
  expect(result, `${command} building ${name}`).to.include({ code: 0, signal: null })
  return path
}

/** What C++ sources of the core and its tests are compiled with. */
export const includes: readonly string[] = ['-std=c++20', '-Wall', '-Wextra', '-Werror', `-I${join(root, 'native')}`]

const tests = join(buildFolder, 'secure_memory_tests')
let names: readonly string[] | undefined

/**
 * @param group - what the names begin with, before `: `
 * @returns the names of the C++ tests of a group
 * @throws Error when there are none, so that none is lost
 */
export function testsOf(group: string): string[] {
  names ??= execFileSync(tests, ['--list'], { encoding: 'utf8', env: withoutPreload() }).trim().split('\n')
  const found = names.filter((name) => name.startsWith(`${group}: `))
  if (found.length === 0) throw new Error(`there are no tests of ${group}`)
  return found
}

function withoutPreload(): NodeJS.ProcessEnv {
  const { LD_PRELOAD: _, ...env } = process.env
  return env
}

/** @returns how a process ended that has run the one C++ test */
export function runTest(name: string, program = tests): Promise<ProgramResult> {
  // A test that shows a signal wants the signal, not a sanitizer's report of it.
  const options = [process.env.ASAN_OPTIONS, 'handle_segv=0', 'detect_leaks=1'].filter(Boolean).join(':')
  return runProgram(program, [name], { env: { ASAN_OPTIONS: options }, stuckAfter: compileTimeout })
}

/** Asserts that a C++ test has passed and said nothing else. */
export function expectPassed(result: ProgramResult, name: string): void {
  expect(result, result.stdout + result.stderr).to.deep.equal({
    code: 0,
    signal: null,
    stdout: `ok - ${name}\n`,
    stderr: '',
  })
}

/** Makes a mocha test of each C++ test of a group. */
export function itPassesTestsOf(group: string, except: (name: string) => boolean = () => false): void {
  for (const name of testsOf(group).filter((each) => !except(each))) {
    it(name.slice(group.length + 2), async () => {
      expectPassed(await runTest(name), name)
    })
  }
}
