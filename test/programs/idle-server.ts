// Run by events/loop/loop-cost.test.ts: prints what a few seconds cost in which a server has nothing to do: CPU time in ms, and
// how often the main thread has begun to wait.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { obtainEventBase, obtainEvHttp } from 'bitcoin-support'

const SECONDS = 3

const bases = Array.from({ length: Number(process.argv[2]) }, () => {
  const base = obtainEventBase()
  const http = obtainEvHttp(base)
  http.setGencb((request) => request.reply({ body: 'hello' }))
  const bound = http.bindSocketWithHandle('127.0.0.1', 0).address()
  base.dispatch()
  return { base, port: 'port' in bound ? bound.port : 0 }
})
// What happens once has happened before the clock runs.
for (const { port } of bases)
  await (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).text()
await sleep(200)
globalThis.gc?.()

/** @returns how often the main thread has given up the processor of itself */
function waits(): number {
  const status = readFileSync(`/proc/self/task/${process.pid}/status`, 'utf8')
  return Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1])
}

const used: { ms: number; waits: number }[] = []
for (let second = 0; second < SECONDS; second++) {
  const before = process.cpuUsage()
  const waitsBefore = waits()
  await sleep(1000)
  const { user, system } = process.cpuUsage(before)
  used.push({ ms: (user + system) / 1000, waits: waits() - waitsBefore })
}
console.log(JSON.stringify(used))
for (const { base } of bases) base.dispose()
