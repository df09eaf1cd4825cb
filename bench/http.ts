// Servers side by side: every round has all of them, one after the other, so that what changes on the machine
// changes for all.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { load } from './load.js'
import { ServerProcess } from './server-process.js'
import { AUTHORIZATION } from './servers/json-rpc.js'
import { median } from './statistics.js'

/** The checkout, from the compiled file's place. */
const root = fileURLToPath(new URL('../../', import.meta.url))

/** A row of the table: one server under one kind of load. */
export interface HttpResult {
  load: 'GET' | 'JSON-RPC'
  server: 'bitcoin-support' | 'bitcoin-support, strict off' | 'node:http' | 'C evhttp'
  /** Median of the rounds. */
  requestsPerSecond: number
  /** Processor time of the server for a request in µs, median of the rounds: other load on the machine hardly shows. */
  cpuMicroseconds: number
}

async function expectText(url: string, init: RequestInit, expected: string): Promise<void> {
  const text = await (await fetch(url, init)).text()
  if (text !== expected) throw new Error(`${url} answered ${JSON.stringify(text)}`)
}

/**
 * @param rounds - how often each server is loaded in each way
 * @param seconds - how long each time
 */
export async function measureHttp(rounds: number, seconds: number): Promise<HttpResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const servers: ServerProcess[] = []
  try {
    const hello = join(folder, 'evhttp_hello')
    const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'libevent'], { encoding: 'utf8' })
    const source = join(root, 'bench/c/evhttp_hello.c')
    execFileSync('cc', ['-O2', '-Wall', source, '-o', hello, ...flags.trim().split(/\s+/)], { stdio: 'inherit' })
    const start = async (command: readonly string[]) => {
      const server = await ServerProcess.start(command)
      servers.push(server)
      return server
    }
    const ours = await start([process.execPath, join(root, 'out/bench/servers/evhttp.js')])
    const lax = await start([process.execPath, join(root, 'out/bench/servers/evhttp.js'), 'lax'])
    const node = await start([process.execPath, join(root, 'out/bench/servers/node-http.js')])
    const plain = await start([hello])

    const post = {
      method: 'POST',
      headers: { Authorization: AUTHORIZATION },
      body: '{"id":1,"method":"getblockcount"}',
    }
    for (const { port } of [ours, node]) {
      await expectText(`http://127.0.0.1:${port}/rpc`, post, '{"jsonrpc":"2.0","result":170,"id":1}\n')
    }
    for (const { port } of [ours, lax, node, plain]) await expectText(`http://127.0.0.1:${port}/`, {}, 'hello\n')

    const script = join(root, 'bench/wrk/json-rpc.lua')
    const cases = [
      { load: 'GET', server: 'bitcoin-support', process: ours },
      { load: 'GET', server: 'bitcoin-support, strict off', process: lax },
      { load: 'GET', server: 'node:http', process: node },
      { load: 'GET', server: 'C evhttp', process: plain },
      { load: 'JSON-RPC', server: 'bitcoin-support', process: ours, script },
      { load: 'JSON-RPC', server: 'node:http', process: node, script },
    ] as const
    const rounded = cases.map(() => ({ rates: [] as number[], cpu: [] as number[] }))
    for (let round = -1; round < rounds; round += 1) {
      for (const [i, one] of cases.entries()) {
        const before = one.process.cpuSeconds()
        const script = 'script' in one ? one.script : undefined
        const { requests, perSecond } = await load(one.process.port, round < 0 ? 1 : seconds, script)
        // The first round only warms up.
        if (round < 0) continue
        rounded[i]?.rates.push(perSecond)
        rounded[i]?.cpu.push(((one.process.cpuSeconds() - before) / requests) * 1e6)
      }
    }
    return cases.map((one, i) => ({
      load: one.load,
      server: one.server,
      requestsPerSecond: median(rounded[i]?.rates ?? []),
      cpuMicroseconds: median(rounded[i]?.cpu ?? []),
    }))
  } finally {
    for (const server of servers) await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
