// The JSON-RPC server of examples/bitcoin-rpc on several threads that share a port:
// `node out/examples/workers/program.js [threads] [port]`. SIGINT, SIGTERM or the method `stop` ends it.
import { rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { EventBase, EvHttp, EvHttpRequest, lockedPoolStats, makeUniqueDirectory } from 'bitcoin-support'
import { CookieFile } from '../bitcoin-rpc/auth/cookie-file.js'
import { tryLine } from '../bitcoin-rpc/try-line.js'
import { ServerPool } from './server-pool.js'

const HOST = '127.0.0.1'

/** Serves until it is stopped. @returns whether all servers ended well */
async function serve(threads: number, port: number): Promise<boolean> {
  // Its owner's alone.
  const directory = makeUniqueDirectory(tmpdir())
  try {
    using cookie = new CookieFile(directory)
    using _login = cookie.credential
    const pool = await ServerPool.start(threads, { host: HOST, port, cookie: cookie.path })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => pool.stop())
    console.log(`Cookie: ${cookie.path}`)
    console.log(`${threads} threads listen on ${HOST}:${pool.port}`)
    console.log(`Try: ${tryLine([{ host: HOST, port: pool.port }], { cookiePath: cookie.path, user: undefined })}`)
    return await pool.ended()
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const [threads = availableParallelism(), port = 0] = process.argv.slice(2).map(Number)
if (!Number.isInteger(threads) || threads < 1 || !Number.isInteger(port) || port < 0 || port > 65535) {
  console.error('Usage: program [threads] [port]')
  process.exit(1)
}
const well = await serve(threads, port)
// The counts are those of the whole process.
const left = [EventBase, EvHttp, EvHttpRequest].reduce((sum, type) => sum + type.live(), 0) + lockedPoolStats().used
console.log(well && left === 0 ? 'All servers have ended' : `A server has failed, or left something behind: ${left}`)
process.exitCode = well && left === 0 ? 0 : 1
