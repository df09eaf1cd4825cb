// The system calls of one GET on one connection, as strace counts them.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { compiled, compiledWithLibevent } from './c-program.js'
import { HttpLoad } from './http-load.js'
import { BARE, figureOf, OURS, type Row, type Section } from './section.js'
import { Workplace } from './workplace.js'

const TITLE = 'System calls of a GET on one connection'

/** Less than that of a request are something else's: a timer, or the garbage collector. */
const LEAST = 0.01

/** @returns the calls of each name while something goes on, or why they cannot be counted */
async function count(pid: number, file: string, work: () => Promise<unknown>): Promise<Map<string, number> | string> {
  const strace: ChildProcess = spawn('strace', ['-f', '-c', '-o', file, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<string>((resolve) => {
    strace.once('error', () => resolve('strace is not there: `npm run setup bench` installs it'))
    strace.once('exit', () => resolve('strace may not look at the servers'))
  })
  const attached = strace.stderr === null ? [] : once(createInterface({ input: strace.stderr }), 'line')
  const failed = await Promise.race([
    ended,
    Promise.resolve(attached).then(([line]) => (/attached/.test(String(line)) ? undefined : ended)),
  ])
  if (failed !== undefined) return failed
  await work()
  strace.kill('SIGINT')
  await ended
  const calls = new Map<string, number>()
  // % time, seconds, µs a call, calls, errors if any, name.
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, number, name] = /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$/.exec(line) ?? []
    if (name !== undefined && name !== 'total') calls.set(name, Number(number))
  }
  return calls
}

/** @param seconds - how long each server is watched */
export async function measureSystemCalls(seconds: number): Promise<Section> {
  await using place = new Workplace()
  const http = new HttpLoad(place)
  const request = { path: '/' }
  const servers = {
    [OURS]: await place.startScript('evhttp'),
    'node:http': await place.startScript('node-http'),
    'C evhttp': await place.start([compiledWithLibevent(place.folder, 'evhttp_server', 'jansson'), 'no login']),
    [BARE]: await place.start([compiled(place.folder, 'bare_bulk')]),
  }
  const work = 'GET'
  const rows: Row[] = []
  for (const [who, { pid, port }] of Object.entries(servers)) {
    await http.run(port, seconds, 1, request)
    let answers = 0
    const calls = await count(pid, join(place.folder, 'calls'), async () => {
      answers = (await http.run(port, seconds, 1, request)).answers
    })
    if (typeof calls === 'string') return { title: TITLE, rows: [], goals: [], skipped: [calls] }
    const each = [...calls].map(([name, number]): [string, number] => [name, number / answers])
    const frequent = each.filter(([, number]) => number >= LEAST)
    rows.push({ work, who, all: each.reduce((sum, [, number]) => sum + number, 0), ...Object.fromEntries(frequent) })
  }
  const goals = [
    {
      what: "system calls of a GET, × node:http's",
      value: figureOf(rows, work, OURS, 'all') / figureOf(rows, work, 'node:http', 'all'),
      atMost: 1,
    },
  ]
  return { title: TITLE, rows, goals }
}
