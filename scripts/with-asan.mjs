// Runs a Node program on the Asan build: `node scripts/with-asan.mjs <program.js> [arguments]`.
// Node itself is not instrumented, so the runtime has to be in the process before it: that is what preloading is for.
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { addressSanitizer } from './addon/requirements.mjs'
import { fail, root, run } from './lib/run.mjs'

const build = join(root, 'build', 'Asan')
const cache = join(build, 'CMakeCache.txt')
if (!existsSync(cache)) fail('The Asan build is not there: run `npm run build:asan`, then try again.')
// The runtime of the very compiler that built the addon: another version would not fit.
const compiler = readFileSync(cache, 'utf8').match(/^CMAKE_CXX_COMPILER:\w+=(.+)$/m)?.[1]
const runtime = addressSanitizer(process.env, compiler)
if (!runtime) fail(`${compiler} built the addon for AddressSanitizer, but its runtime library is not there.`)

// Elsewhere than on Linux, the system's own programs ignore the variable.
const preloading =
  process.platform === 'linux'
    ? { LD_PRELOAD: join(build, 'asan_preload.so'), BITCOIN_SUPPORT_ASAN_RUNTIME: realpathSync(runtime) }
    : { DYLD_INSERT_LIBRARIES: realpathSync(runtime) }
const [program, ...rest] = process.argv.slice(2)
process.exitCode = run(process.execPath, [program, ...rest], {
  env: {
    ...process.env,
    ...preloading,
    BITCOIN_SUPPORT_BUILD: 'Asan',
    // Node leaves memory to the operating system when it ends, which the leak checker cannot tell from our leaks.
    ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1:detect_stack_use_after_return=1',
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
  },
})
