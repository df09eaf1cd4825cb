// What an event costs from end to end: the cascade of libevent's own bench, here and in C. See c/cascade.c.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readSync, rmSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EV_PERSIST, EV_READ, obtainEvent, obtainEventBase } from 'bitcoin-support'
import { compiledWithLibevent, root } from './c-program.js'
import { median } from './statistics.js'

// Node itself makes no pairs of sockets.
const { socketPair, closeDescriptor } = createRequire(import.meta.url)(
  join(root, 'build/Release/test_support.node'),
) as {
  socketPair(): [number, number]
  closeDescriptor(fd: number): boolean
}

/** Events in a round, for each pipe. */
const EVENTS = 10

export interface CascadeResult {
  readonly pipes: number
  /** The median over the rounds, in ns an event. */
  readonly oursNs: number
  readonly cNs: number
}

async function measureOurs(pipes: number, rounds: number): Promise<number> {
  using base = obtainEventBase()
  const pairs = Array.from({ length: pipes }, socketPair)
  const byte = Buffer.from('e')
  const into = Buffer.alloc(1)
  let fired = 0
  let writes = 0
  for (const [i, [left]] of pairs.entries()) {
    const next = pairs[(i + 1) % pipes]?.[1] ?? 0
    const event = obtainEvent(base, left, EV_READ | EV_PERSIST, () => {
      readSync(left, into, 0, 1, null)
      if (writes > 0) {
        writes -= 1
        writeSync(next, byte, 0, 1, null)
      }
      fired += 1
      if (fired === pipes * EVENTS) base.loopbreak()
    })
    event.add()
  }
  const results: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const active = pipes / 10
    fired = 0
    writes = pipes * EVENTS - active
    const start = process.hrtime.bigint()
    for (let i = 0; i < active; i += 1) writeSync(pairs[i * 10]?.[1] ?? 0, byte)
    await base.dispatch()
    results.push(Number(process.hrtime.bigint() - start) / (pipes * EVENTS))
  }
  base.dispose()
  for (const fd of pairs.flat()) closeDescriptor(fd)
  return median(results.slice(rounds / 5))
}

function measureC(program: string, pipes: number, rounds: number): number {
  const lines = execFileSync(program, [String(pipes), String(rounds)], { encoding: 'utf8' })
    .trim()
    .split('\n')
  return median(lines.map(Number).slice(rounds / 5))
}

/** @returns the results for 100 and 1000 pipes */
export async function measureCascade(rounds: number): Promise<CascadeResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  try {
    const program = compiledWithLibevent(folder, 'cascade')
    const results: CascadeResult[] = []
    for (const pipes of [100, 1000]) {
      results.push({ pipes, cNs: measureC(program, pipes, rounds), oursNs: await measureOurs(pipes, rounds) })
    }
    return results
  } finally {
    rmSync(folder, { recursive: true })
  }
}
