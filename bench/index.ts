// `npm run bench`: measures side by side, prints tables, and writes them to out/bench/results.json, those of the sections
// also to out/bench/results.md.
// `--check` fails when a goal is not reached; `--quick` takes fewer and shorter rounds.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { measureBulk } from './bulk.js'
import { measureCascade } from './cascade.js'
import { measureClients } from './client.js'
import { measureConnections } from './connections.js'
import { type EchoResult, measureEcho } from './echo.js'
import { measureFairness } from './fairness.js'
import { measureHandles } from './handles.js'
import { type HttpResult, measureHttp } from './http.js'
import { measureIdle } from './idle.js'
import { type LatencyResult, measureLatency } from './latency.js'
import { measureMainJob } from './main-job.js'
import { measurePieces } from './pieces.js'
import { type Goal, isMissed, type Section } from './section.js'
import { measureSecureMemory } from './secure-memory.js'
import { measureSlowReaders } from './slow-readers.js'
import { measureStreams } from './streams.js'
import { measureSystemCalls } from './system-calls.js'
import { markdownOf, rounded } from './table.js'
import { measureWorkers } from './workers.js'

const quick = process.argv.includes('--quick')

function rate(results: readonly HttpResult[], load: HttpResult['load'], server: HttpResult['server']): number {
  const found = results.find((result) => result.load === load && result.server === server)
  if (found === undefined) throw new Error(`no measurement of ${load} on ${server}`)
  return found.requestsPerSecond
}

const handles = measureHandles()
const cascade = await measureCascade(quick ? 50 : 200)
const secure = await measureSecureMemory(quick ? 100 : 300)
const http = await measureHttp(quick ? 2 : 7, quick ? 1 : 3)
const ours = (load: HttpResult['load']) => rate(http, load, 'bitcoin-support')

const echo = await measureEcho(quick ? 2 : 7, quick ? 1 : 3)
/** How many times node:net's rate is ours. */
function echoRatio(bytes: EchoResult['bytes']): number {
  const of = (server: EchoResult['server']) =>
    echo.find((result) => result.bytes === bytes && result.server === server)?.messagesPerSecond ?? Number.NaN
  return of('bitcoin-support') / of('node:net')
}

const latency = await measureLatency(quick ? 2 : 7, quick ? 50 : 200)

/** Rows as the tables have them. */
function tabled(rows: readonly (HttpResult | EchoResult | LatencyResult | Section['rows'][number])[]) {
  const show = (value: unknown) => (typeof value === 'number' ? rounded(value) : value)
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, show(value)])))
}

/** At once: should a later section fail, what has been measured is not lost. */
function show({ title, rows, skipped = [] }: Section): void {
  console.log(title)
  if (rows.length > 0) console.table(tabled(rows))
  for (const reason of skipped) console.log(`Not measured: ${reason}`)
}

const [rounds, seconds] = quick ? [2, 1] : [7, 2]
const sections: Section[] = []
for (const measure of [
  () => measureClients(rounds, quick ? 1 : 3),
  () => measureBulk(rounds, seconds),
  () => measureStreams(rounds, seconds),
  () => measureConnections(rounds, seconds),
  () => measureMainJob(rounds, seconds),
  () => measurePieces(rounds, seconds),
  () => measureWorkers(rounds, seconds),
  () => measureIdle(seconds),
  () => measureSlowReaders(quick ? 5 : 20),
  () => measureFairness(quick ? 2 : 7, quick ? 2 : 5),
  () => measureSystemCalls(seconds),
] satisfies (() => Promise<Section>)[]) {
  const section = await measure()
  sections.push(section)
  show(section)
}

const goals: readonly Goal[] = [
  { what: 'JSON-RPC, × node:http', value: ours('JSON-RPC') / rate(http, 'JSON-RPC', 'node:http'), atLeast: 1.8 },
  { what: 'JSON-RPC, × C evhttp', value: ours('JSON-RPC') / rate(http, 'JSON-RPC', 'C evhttp'), atLeast: 1 },
  { what: 'GET, × node:http', value: ours('GET') / rate(http, 'GET', 'node:http'), atLeast: 1.3 },
  { what: 'GET, × C evhttp', value: ours('GET') / rate(http, 'GET', 'C evhttp'), atLeast: 1 },
  { what: 'GET, × strict off', value: ours('GET') / rate(http, 'GET', 'bitcoin-support, strict off'), atLeast: 0.95 },
  { what: 'echo of 64 bytes, × node:net', value: echoRatio(64), atLeast: 1.3 },
  { what: 'echo of 16 KiB, × node:net', value: echoRatio(16_384), atLeast: 1.3 },
  ...latency.map(({ side, bytes, ours, node }) => ({
    what: `${side}'s message of ${bytes} bytes, × node:http's time`,
    value: ours / node,
    atMost: 1.2,
  })),
  ...cascade.map(({ pipes, oursNs, cNs }) => ({
    what: `cascade over ${pipes} pipes, × C's time an event`,
    value: oursNs / cNs,
    atMost: 3,
  })),
  { what: 'LibEvent made and dropped, ns', value: handles.createAndDropNs, atMost: 1000 },
  { what: 'of which tracing without an SDK, %', value: handles.tracingShare * 100, atMost: 5 },
  {
    what: 'SecureBuffer made and destroyed, × faster than sodium',
    value: secure.sodiumNs / secure.oursNs,
    atLeast: 60,
  },
  {
    what: 'SecureBuffer made and destroyed, × Buffer.allocUnsafe',
    value: secure.oursNs / secure.allocUnsafeNs,
    atMost: 4,
  },
  { what: 'use() of a SecureBuffer of 1024, ns', value: secure.useNs, atMost: 2000 },
  { what: 'dropped SecureBuffers wiped and back, %', value: (100 * secure.reclaimed) / secure.dropped, atLeast: 100 },
  { what: 'C: secure_buffer_new(1024), ns', value: secure.fromC.new_ns, atMost: 50 },
  { what: 'C: write of 64 KiB, × memcpy', value: secure.fromC.write_ratio, atMost: 1.3 },
  { what: 'C: read of 64 KiB, × memcpy', value: secure.fromC.read_ratio, atMost: 1.3 },
  { what: 'C: is_valid beside a writer, 99.9 %, ns', value: secure.fromC.is_valid_p999_ns, atMost: 1000 },
  { what: 'C: besides the 32 bytes of a buffer, bytes', value: secure.fromC.overhead_bytes, atMost: 96 },
  ...sections.flatMap((section) => section.goals),
]
const environment = {
  date: new Date().toISOString().slice(0, 10),
  processor: cpus()[0]?.model ?? 'unknown',
  kernel: release(),
  node: process.version,
  libevent: execFileSync('pkg-config', ['--modversion', 'libevent'], { encoding: 'utf8' }).trim(),
}
const missed = goals.filter(isMissed)

console.log(environment)
for (const rows of [http, echo, latency]) console.table(tabled(rows))
console.table(secure.rows.map(({ what, ns }) => ({ what, ns: Math.round(ns), perSecond: Math.round(1e9 / ns) })))
console.table(goals.map((goal) => ({ ...goal, value: Number(goal.value.toPrecision(3)) })))
writeFileSync(
  new URL('results.json', import.meta.url),
  `${JSON.stringify({ environment, cascade, http, echo, latency, secure, sections, goals }, null, 2)}\n`,
)
writeFileSync(
  new URL('results.md', import.meta.url),
  sections.map(({ title, rows }) => `## ${title}\n\n${markdownOf(rows)}`).join('\n'),
)
if (process.argv.includes('--check') && missed.length > 0) {
  console.error(`Not reached: ${missed.map((goal) => goal.what).join('; ')}`)
  process.exitCode = 1
}
