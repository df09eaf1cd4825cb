// Searches for bytes on which the strict parser of requests fails: `node scripts/fuzz.mjs [seconds] [libFuzzer's options]`. It is
// built with clang in a folder of its own, because the Asan build may be another compiler's. The inputs that it has learned stay
// there. It saves an input that fails: give its path in place of the seconds to run it again.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fuzzingCompiler } from './addon/requirements.mjs'
import { fail, root, run } from './lib/run.mjs'

const DEFAULT_SECONDS = '60'

const [what = DEFAULT_SECONDS, ...options] = process.argv.slice(2)
const seconds = /^[1-9]\d*$/.test(what)
if (!seconds && !existsSync(what)) fail(`${what} is neither a number of seconds nor a file: use npm run fuzz -- 60.`)

const target = 'http_parser_fuzz'
const env = {
  ...process.env,
  CXX: fuzzingCompiler() ?? fail('clang with libFuzzer is not there: run `npm run setup fuzz`.'),
}
const built = spawnSync(process.execPath, [join(root, 'scripts', 'addon', 'build.mjs'), 'Asan', target], {
  env,
  stdio: ['ignore', 2, 2],
})
if (built.status !== 0) process.exit(1)

const folder = join(root, 'build', 'Fuzz')
const corpus = join(folder, 'corpus')
mkdirSync(corpus, { recursive: true })
const inputs = join(root, 'test', 'addon', 'http')
process.exitCode = run(join(folder, target), [
  ...(seconds
    ? [
        `-max_total_time=${what}`,
        '-max_len=4096',
        // In seconds for one input: what takes longer is an error.
        '-timeout=10',
        `-dict=${join(inputs, 'http.dict')}`,
        `-artifact_prefix=${folder}/`,
        ...options,
        corpus,
        join(inputs, 'seeds'),
      ]
    : [...options, what]),
])
