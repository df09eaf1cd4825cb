// Run by events/loop-cost.test.ts: prints the CPU time, in ms, of a few seconds in which a server has nothing to do.
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

const used: number[] = []
for (let second = 0; second < SECONDS; second++) {
  const before = process.cpuUsage()
  await sleep(1000)
  const { user, system } = process.cpuUsage(before)
  used.push((user + system) / 1000)
}
console.log(JSON.stringify(used))
for (const { base } of bases) base.dispose()
