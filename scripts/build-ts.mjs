// Compiles the TypeScript projects, and removes the output of sources that are gone: a stale test would run for ever, and a
// stale module would be published.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeCommonJs } from './lib/commonjs.mjs'
import { root, run } from './lib/run.mjs'

const outputs = { src: 'dist', test: 'out/test', examples: 'out/examples', bench: 'out/bench' }

for (const [source, output] of Object.entries(outputs)) {
  if (!existsSync(join(root, output))) continue
  for (const file of readdirSync(join(root, output), { recursive: true, encoding: 'utf8' })) {
    const stem = file.replace(/(\.d\.ts|\.js)(\.map)?$/, '')
    if (stem === file || existsSync(join(root, source, `${stem}.ts`))) continue
    rmSync(join(root, output, file))
  }
}

const code = run(process.execPath, [
  join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
  '-b',
  ...process.argv.slice(2),
])
process.exitCode = code === 0 ? makeCommonJs() : code
