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

/** @returns {string} an object with the place of each row under JavaScript's name, which is its last cell or the one at `column` */
function placesOf(name, doc, macro, column = -1) {
  const lines = rowsOf(text, macro).map((row, index) => `${docOf(row, '  ')}  ${row.cells.at(column)}: ${index},\n`)
  return `\n/** ${doc} */\nexport const ${name} = {\n${lines.join('')}} as const\n`
}

function constantsOf(rows) {
  return rows.map((row) => `\n${docOf(row, '')}export const ${row.cells[1]} = ${row.cells[2]}\n`).join('')
}

function codesOf(rows) {
  const lines = rows.map((row) => `${docOf(row, '  ')}  | ${row.cells[1]?.replaceAll('"', "'")}\n`)
  return `\n/** The codes of an {@link EventError}. */\nexport type EventErrorCode =\n${lines.join('')}`
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
  codesOf(rowsOf(text, 'ERROR_CODE')),
  constantsOf(rowsOf(text, 'SHARED_CONSTANT')),
  placesOf('SharedNumber', 'Where the numbers stand that the addon shows without a call.', 'SHARED_NUMBER'),
  placesOf('EndReason', 'Why a handle has ended.', 'END_REASON', 1),
  placesOf('ClientFailure', "Why a client's request has got no reply.", 'CLIENT_FAILURE'),
  placesOf('UriPart', 'The parts of a URI.', 'URI_PART'),
  placesOf('ListOwner', 'Whose list of headers a handle stands for.', 'LIST_OWNER'),
  placesOf('PromptOutcome', 'How a prompt for a line has ended.', 'PROMPT_OUTCOME'),
  placesOf('RegionFreed', 'What has become of locked pages that were given back.', 'REGION_FREED'),
].join('')

if (process.argv[2] === '--check') {
  if (readFileSync(join(root, output), 'utf8') !== made) {
    fail(`${output} is not what ${source} says: run \`node scripts/tables.mjs\`.`)
  }
} else {
  writeFileSync(join(root, output), made)
}
