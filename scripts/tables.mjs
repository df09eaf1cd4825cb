// Makes src/native/tables.ts of native/napi/tables.def, or with `--check` only says whether it is what would be made.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, root } from './lib/run.mjs'

const source = 'native/napi/tables.def'
const output = 'src/native/tables.ts'

/** @typedef {{ cells: string[], comment: string }} Row */

/** @returns {Row[]} the rows of one table, in order */
function rowsOf(text, macro) {
  const rows = []
  let comment = []
  for (const line of text.split('\n')) {
    const row = new RegExp(`^${macro}\\((.*)\\)$`).exec(line)
    if (line.startsWith('// ')) {
      comment.push(line.slice(3))
      continue
    }
    if (row?.[1] !== undefined) rows.push({ cells: cellsOf(row[1]), comment: comment.join(' ') })
    comment = []
  }
  if (rows.length === 0) fail(`${source} has no ${macro}.`)
  return rows
}

/** @returns {string[]} the arguments of a macro: a parenthesis or a string may hold commas */
function cellsOf(text) {
  return (text.match(/\s*(\([^)]*\)|"[^"]*"|[^,]+)/g) ?? []).map((cell) => cell.trim())
}

function docOf(row, indent) {
  return row.comment === '' ? '' : `${indent}/** ${row.comment} */\n`
}

function placesOf(name, doc, rows) {
  const lines = rows.map((row, index) => `${docOf(row, '  ')}  ${row.cells[1]}: ${index},\n`)
  return `/** ${doc} */\nexport const ${name} = {\n${lines.join('')}} as const\n`
}

function callbacksOf(rows) {
  const lines = rows.map((row) => {
    const parameters = (row.cells[3] ?? '()').slice(1, -1)
    return `${docOf(row, '  ')}  ${row.cells[1]}(base: number${parameters === '' ? '' : `, ${parameters}`}): void\n`
  })
  return [
    '/** Functions that the addon calls. Each takes the slot of the base that it concerns first. */\n',
    `export interface NativeCallbacks {\n${lines.join('')}`,
    '  /** Runs promises and nextTicks, as Node does after each callback. */\n',
    '  drainTicks(): void\n}\n',
  ].join('')
}

const text = readFileSync(join(root, source), 'utf8')
const made = [
  `// Made of ${source} by scripts/tables.mjs: do not edit.\n`,
  `import type { HandleNumber } from './handles.js'\n\n`,
  callbacksOf(rowsOf(text, 'JS_CALLBACK')),
  '\n',
  placesOf(
    'SharedNumber',
    'Where the numbers stand that the addon shows without a call.',
    rowsOf(text, 'SHARED_NUMBER'),
  ),
  '\n',
  placesOf('EndReason', 'Why a handle has ended.', rowsOf(text, 'END_REASON')),
].join('')

if (process.argv[2] === '--check') {
  if (readFileSync(join(root, output), 'utf8') !== made) {
    fail(`${output} is not what ${source} says: run \`node scripts/tables.mjs\`.`)
  }
} else {
  writeFileSync(join(root, output), made)
}
