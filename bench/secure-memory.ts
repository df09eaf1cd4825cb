// What secure memory costs, side by side with what else there is: in this process, in rounds that have everything one
// after the other. What is measured in C is measured by C programs, in the same rounds.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { lockedPoolStats, SecureBuffer } from 'bitcoin-support'
import { compiled, root } from './c-program.js'
import { median } from './statistics.js'

/** The part of sodium-native that is measured; it has no types of its own. */
const sodium = createRequire(import.meta.url)('sodium-native') as {
  sodium_malloc(size: number): Buffer
  sodium_free(memory: Buffer): void
}

const BYTES = 1024
const DROPPED = 2000
/** Short, so that most run without another process in between. */
const BATCH = 2000
/** What takes long is measured once in so many rounds. */
const SELDOM = 20

/** What bench/c/secure_buffer.c prints. */
interface CFigures {
  new_ns: number
  new_destroy_ns: number
  write_ratio: number
  read_ratio: number
  is_valid_p999_ns: number
  overhead_bytes: number
}

/** A row of the table: medians of the rounds in ns. */
export interface SecureRow {
  what: string
  ns: number
}

export interface SecureResult {
  rows: SecureRow[]
  /** `new SecureBuffer(1024)` and destroy(). */
  oursNs: number
  sodiumNs: number
  allocUnsafeNs: number
  useNs: number
  /** Buffers that were dropped, and those of them whose memory came back from the collector and holds zeros only. */
  dropped: number
  reclaimed: number
  fromC: CFigures
}

/** @returns the mean of one call in ns */
function time(count: number, call: () => void): number {
  const start = process.hrtime.bigint()
  for (let i = 0; i < count; i += 1) call()
  return Number(process.hrtime.bigint() - start) / count
}

/** Lets the loop finish its work, so that the next measurement does not include it. */
async function settle(): Promise<void> {
  await turn()
  await turn()
}

function collector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

async function collect(gc: () => void): Promise<void> {
  gc()
  // What is collected is given back in a turn of the loop.
  await settle()
}

function drop(): void {
  for (let i = 0; i < DROPPED; i += 1) new SecureBuffer(BYTES).fill(0xa5)
}

/** @returns how many of as many new buffers find the dropped ones' memory there and wiped */
async function reclaim(gc: () => void): Promise<number> {
  await collect(gc)
  drop()
  await collect(gc)
  const { total } = lockedPoolStats()
  const again: SecureBuffer[] = []
  // Memory is wiped when it is given back, never when it is taken.
  let wiped = 0
  for (let i = 0; i < DROPPED; i += 1) {
    const buffer = new SecureBuffer(BYTES)
    again.push(buffer)
    if (buffer.isZero() && lockedPoolStats().total === total) wiped += 1
  }
  for (const buffer of again) buffer.destroy()
  return wiped
}

function medians(figures: readonly CFigures[]): CFigures {
  const of = (name: keyof CFigures) => median(figures.map((each) => each[name]))
  return {
    new_ns: of('new_ns'),
    new_destroy_ns: of('new_destroy_ns'),
    write_ratio: of('write_ratio'),
    read_ratio: of('read_ratio'),
    is_valid_p999_ns: of('is_valid_p999_ns'),
    overhead_bytes: of('overhead_bytes'),
  }
}

/** @param rounds - how often everything is measured */
export async function measureSecureMemory(rounds: number): Promise<SecureResult> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  try {
    const library = join(root, 'build/Release')
    const linking = [`-I${join(root, 'native/include')}`, `-L${library}`, '-lsecurebuffer', `-Wl,-rpath,${library}`]
    const inC = compiled(folder, 'secure_buffer', ...linking, '-lpthread')
    const lockEach = compiled(folder, 'lock_each')
    const run = (program: string, ...args: readonly string[]) => execFileSync(program, args, { encoding: 'utf8' })
    const gc = collector()
    using used = SecureBuffer.random(BYTES)

    const cases: { what: string; seldom?: true; measure: () => number; after?: () => Promise<void> }[] = [
      {
        what: 'new SecureBuffer(1024), destroy()',
        measure: () => time(BATCH, () => new SecureBuffer(BYTES).destroy()),
      },
      {
        what: 'new SecureBuffer(1024), dropped, and its part of a whole collection',
        seldom: true,
        measure: () => time(DROPPED, () => new SecureBuffer(BYTES)),
        after: () => collect(gc),
      },
      { what: 'Buffer.allocUnsafe(1024)', measure: () => time(BATCH, () => Buffer.allocUnsafe(BYTES)) },
      { what: 'Buffer.alloc(1024)', measure: () => time(BATCH, () => Buffer.alloc(BYTES)) },
      {
        what: 'sodium_malloc(1024), sodium_free()',
        measure: () => time(50, () => sodium.sodium_free(sodium.sodium_malloc(BYTES))),
      },
      {
        what: 'mmap, mlock, wipe, munlock, munmap for each, in C',
        seldom: true,
        measure: () => Number(run(lockEach, String(BYTES), '2000')),
      },
      { what: 'use() of a SecureBuffer of 1024', measure: () => time(200, () => used.use(() => {})) },
    ]
    const samples = cases.map((): number[] => [])
    const figures: CFigures[] = []
    // The first rounds only warm up.
    for (let round = -SELDOM; round < rounds; round += 1) {
      const all = round % SELDOM === 0
      for (const [i, { seldom, measure, after }] of cases.entries()) {
        if (seldom && !all) continue
        const start = process.hrtime.bigint()
        let ns = measure()
        if (after !== undefined) {
          await after()
          ns = Number(process.hrtime.bigint() - start) / DROPPED
        }
        if (round >= 0) samples[i]?.push(ns)
        await settle()
      }
      if (!all) continue
      const printed = run(inC, '100')
      if (round >= 0) figures.push(JSON.parse(printed) as CFigures)
    }
    const rows = cases.map(({ what }, i) => ({ what, ns: median(samples[i] ?? []) }))
    const ns = (what: string) => {
      const row = rows.find((each) => each.what.startsWith(what))
      if (row === undefined) throw new Error(`no measurement of ${what}`)
      return row.ns
    }
    return {
      rows,
      oursNs: ns('new SecureBuffer(1024), destroy'),
      sodiumNs: ns('sodium_malloc'),
      allocUnsafeNs: ns('Buffer.allocUnsafe'),
      useNs: ns('use()'),
      dropped: DROPPED,
      reclaimed: await reclaim(gc),
      fromC: medians(figures),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
