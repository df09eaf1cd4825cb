import type { Row } from './section.js'

/** What the figures are called in a table, with their units. */
const HEADINGS: Readonly<Record<string, string>> = {
  work: 'Work',
  who: 'Who',
  perSecond: 'A second',
  cpuMicroseconds: 'Processor time each, µs',
  loadMicroseconds: "Load generator's, µs",
  p50: 'p50, µs',
  p99: 'p99, µs',
  bytesEach: 'Bytes each',
  bytesEachAgain: 'Bytes each, the second time',
  readEach: 'Bytes read each',
  timerP99: 'Timer late, p99, µs',
  replyP99: 'Reply, p99, µs',
  mibPerSecond: 'Download, MiB a second',
  all: 'All',
}

/** @returns the rows as a table of Markdown */
export function markdownOf(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const text = (value: string | number | undefined) =>
    typeof value === 'number' ? rounded(value).toLocaleString('en') : (value ?? '')
  const lines = [
    columns.map((name) => HEADINGS[name] ?? `\`${name}\``),
    columns.map(() => '---'),
    ...rows.map((row) => columns.map((name) => text(row[name]))),
  ]
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

/** @returns a figure as a table has it: what is large as a whole number, what is small in hundredths */
export function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toFixed(2))
}
