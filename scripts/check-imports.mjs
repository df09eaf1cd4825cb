// Checks that imports and includes go down only and form no circle, types included. `--only src` or `--only native` checks one
// side, `--root <folder>` another checkout.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, posix, sep } from 'node:path'
import { parseArgs } from 'node:util'
import { root as checkout } from './lib/run.mjs'

const { only, root = checkout } = parseArgs({ options: { only: { type: 'string' }, root: { type: 'string' } } }).values

/**
 * The layers from the ground up. A file may use its own layer and those before it; where `uses` stands, its own and those alone.
 * A folder's layer holds what is directly in it and what is below it, unless that has a layer of its own.
 */
const SIDES = {
  src: {
    folders: ['src', 'examples'],
    endings: /\.ts$/,
    layers: [
      { at: 'src/native' },
      { at: 'src/util' },
      { at: 'src/alloc', uses: ['src/util', 'src/native'] },
      { at: 'src/events' },
      { at: 'src/events/loop' },
      { at: 'src/events/buffers' },
      { at: 'src/events/net' },
      { at: 'src/events/http' },
      { at: 'src/index.ts' },
      { at: 'src/libevent' },
      { at: 'src/libevent.ts' },
      { at: 'examples', uses: ['src/index.ts', 'src/libevent.ts'] },
    ],
    // Imports and re-exports, of types too: `import x from 'y'`, `export … from 'y'`, `import 'y'`, `declare module 'y'`,
    // `import('y')`, `require('y')` and `createRequire(…)('y')`.
    uses: (text) => [
      ...text.matchAll(/^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm),
      ...text.matchAll(/^\s*(?:import|declare module)\s*['"]([^'"]+)['"]/gm),
      ...text.matchAll(/\b(?:import|require|createRequire\([^()]*\))\s*\(\s*['"`]([^'"`]+)['"`]\s*\)/g),
    ],
    find: (from, name) => {
      const own = { 'bitcoin-support': 'src/index.ts', 'bitcoin-support/libevent': 'src/libevent.ts' }[name]
      if (own !== undefined || !name.startsWith('.')) return own
      return posix.join(posix.dirname(from), name.replace(/\.js$/, '.ts'))
    },
  },
  native: {
    folders: ['native'],
    endings: /\.(h|cc|def)$/,
    layers: [
      { at: 'native/include' },
      { at: 'native/secure', uses: ['native/include'] },
      { at: 'native/napi' },
      { at: 'native/libevent' },
      { at: 'native/loop' },
      { at: 'native/memory' },
      { at: 'native/buffers' },
      { at: 'native/net' },
      { at: 'native/http' },
      { at: 'native/addon.cc' },
      { at: 'native/capi', uses: ['native/include', 'native/secure'] },
    ],
    uses: (text) => text.matchAll(/^\s*#\s*include\s*["<]([^">]+)[">]/gm),
    find: (from, name) =>
      [posix.join('native', name), posix.join(dirname(from), name)].find((file) => isFile(join(root, file))),
  },
}

function isFile(path) {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function filesOf({ folders, endings }) {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    )
    .filter((file) => endings.test(file))
    .map((file) => file.split(sep).join('/'))
}

/** @returns the place of a file's layer, -1 for none */
function layerOf(layers, file) {
  const around = (at) => file === at || file.startsWith(`${at}/`)
  const depth = Math.max(-1, ...layers.filter(({ at }) => around(at)).map(({ at }) => at.length))
  return layers.findIndex(({ at }) => around(at) && at.length === depth)
}

function isAllowed(layers, from, to) {
  if (from === to) return true
  const { uses } = layers[from]
  return uses === undefined ? to < from : uses.includes(layers[to].at)
}

/** @returns the circles that a walk from file to file meets, each as a path that ends where it begins */
function circlesOf(graph) {
  const circles = []
  const done = new Set()
  const path = []
  const visit = (file) => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file])
    if (done.has(file) || path.includes(file)) return
    path.push(file)
    for (const next of graph.get(file) ?? []) visit(next)
    path.pop()
    done.add(file)
  }
  for (const file of graph.keys()) visit(file)
  return circles
}

function check(side) {
  const { layers } = side
  const problems = []
  const graph = new Map()
  for (const file of filesOf(side)) {
    const from = layerOf(layers, file)
    if (from === -1) problems.push(`${file} is in no layer: add its folder to scripts/check-imports.mjs`)
    const used = []
    for (const [, name] of side.uses(readFileSync(join(root, file), 'utf8'))) {
      const target = side.find(file, name)
      if (target === undefined) continue
      used.push(target)
      const to = layerOf(layers, target)
      if (from === -1 || to === -1 || isAllowed(layers, from, to)) continue
      problems.push(`${file} uses ${target}: ${layers[from].at} may not use ${layers[to].at}`)
    }
    graph.set(file, used)
  }
  return [...problems, ...circlesOf(graph).map((circle) => `a circle: ${circle.join(' -> ')}`)]
}

const problems = Object.entries(SIDES).flatMap(([name, side]) =>
  only === undefined || only === name ? check(side) : [],
)
for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1
