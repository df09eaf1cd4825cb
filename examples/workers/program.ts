// Serves HTTP on several threads that share a port: `node out/examples/workers/program.js [threads] [port]`.
// SIGINT or SIGTERM ends it.
import { availableParallelism } from 'node:os'
import { ServerPool } from './server-pool.js'

const [threads = availableParallelism(), port = 0] = process.argv.slice(2).map(Number)
if (!Number.isInteger(threads) || threads < 1 || !Number.isInteger(port) || port < 0 || port > 65535) {
  console.error('Usage: program [threads] [port]')
  process.exit(1)
}
const pool = await ServerPool.start(threads, { host: '127.0.0.1', port })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => pool.stop())
console.log(`${threads} threads listen on 127.0.0.1:${pool.port}`)
const well = await pool.ended()
console.log(well ? 'All servers have ended' : 'A server has failed')
process.exitCode = well ? 0 : 1
