// Makes dist/cjs of src/: the same modules as CommonJS, with their types. They are for tools that cannot require an ES module,
// such as Jest, and for the types. Node's require() loads the ES modules, so that a program has the library once.
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { root, run } from './run.mjs'

const folder = join(root, 'dist', 'cjs')

/** Names of modules end in .cjs: a .js in this package is an ES module. */
function renamed(text) {
  return text.replace(/(["'])(\.\.?\/[^"'\n]+)\.js\1/g, '$1$2.cjs$1')
}

/** A module's `import.meta.url` becomes that of the ES module that stands for it: both look for files from there. */
function located(text, file) {
  const path = relative(folder, file).split(sep).join('/')
  const original = posix.relative(posix.dirname(posix.join('cjs', path)), path)
  const url = `new URL(${JSON.stringify(original)}, require("node:url").pathToFileURL(__filename)).href`
  return text.replaceAll('import.meta.url', url)
}

/** What require() has where it knows ES modules. */
const inNode = (entry) => `"use strict";
try {
  module.exports = require("../${entry}.js");
} catch (error) {
  // Node 20 cannot require an ES module out of a CommonJS one that a loader's hooks have loaded.
  if (error?.code !== "ERR_VM_MODULE_LINK_FAILURE") throw error;
  module.exports = require("./${entry}.cjs");
}
`

/** @returns the exit code */
export function makeCommonJs() {
  rmSync(folder, { recursive: true, force: true })
  const code = run(process.execPath, [
    join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
    ...['--project', join(root, 'src', 'tsconfig.cjs.json')],
  ])
  if (code !== 0) return code
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = join(folder, name)
    const ending = /\.d\.ts$|\.js$/.exec(name)?.[0]
    if (ending === undefined) continue
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, renamed(ending === '.js' ? located(text, file) : text))
    const stem = name.slice(0, -ending.length)
    renameSync(file, join(folder, `${stem}${ending === '.js' ? '.cjs' : '.d.cts'}`))
  }
  for (const entry of ['index', 'libevent']) writeFileSync(join(folder, `${entry}.node.cjs`), inNode(entry))
  return 0
}
