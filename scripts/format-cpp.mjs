// Formats the C++ sources, or with `--check` only says what is not formatted. clang-format comes from npm, because its versions
// disagree about layout and every machine has to have the same one.
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { root, run } from './lib/run.mjs'

const { clangFormatPath } = createRequire(import.meta.url)('clang-format-node')
const files = ['native', 'test', 'bench', 'examples']
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  .filter((file) => /\.(h|cc|c)$/.test(file))

const mode = process.argv[2] === '--check' ? ['--dry-run', '-Werror'] : ['-i']
if (files.length > 0) process.exitCode = run(clangFormatPath, [...mode, ...files])
