// Servers side by side: every round has all of them, one after the other, so that what changes on the machine
// changes for all.

import { join } from 'node:path'
import { compiledWithLibevent, root } from './c-program.js'
import { load } from './load.js'
import { measureByTurns } from './rounds.js'
import { AUTHORIZATION } from './servers/json-rpc.js'
import { Workplace } from './workplace.js'

/** A row of the table: one server under one kind of load. */
export interface HttpResult {
  load: 'GET' | 'JSON-RPC'
  server: 'bitcoin-support' | 'bitcoin-support, strict off' | 'node:http' | 'C evhttp'
  /** Median of the rounds. */
  requestsPerSecond: number
  /** Processor time of the server for a request in µs, median of the rounds: other load on the machine shows less. */
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
  await using place = new Workplace()
  const program = compiledWithLibevent(place.folder, 'evhttp_server', 'jansson')
  const ours = await place.startScript('evhttp')
  const lax = await place.startScript('evhttp', 'lax')
  const node = await place.startScript('node-http')
  const plain = await place.start([program, AUTHORIZATION])

  const post = {
    method: 'POST',
    headers: { Authorization: AUTHORIZATION },
    body: '{"id":1,"method":"getblockcount"}',
  }
  for (const { port } of [ours, node, plain]) {
    await expectText(`http://127.0.0.1:${port}/rpc`, post, '{"jsonrpc":"2.0","result":170,"id":1}\n')
  }
  for (const { port } of [ours, lax, node, plain]) await expectText(`http://127.0.0.1:${port}/`, {}, 'hello\n')

  const script = join(root, 'bench/wrk/json-rpc.lua')
  const cases = [
    { load: 'GET', server: 'bitcoin-support', process: ours, script: undefined },
    { load: 'GET', server: 'bitcoin-support, strict off', process: lax, script: undefined },
    { load: 'GET', server: 'node:http', process: node, script: undefined },
    { load: 'GET', server: 'C evhttp', process: plain, script: undefined },
    { load: 'JSON-RPC', server: 'bitcoin-support', process: ours, script },
    { load: 'JSON-RPC', server: 'node:http', process: node, script },
    { load: 'JSON-RPC', server: 'C evhttp', process: plain, script },
  ] as const
  const figures = await measureByTurns(
    cases.map(({ process, script }) => ({ process, load: (seconds) => load(process.port, seconds, { script }) })),
    rounds,
    seconds,
  )
  return cases.map(({ load, server }, i) => ({
    load,
    server,
    requestsPerSecond: figures[i]?.perSecond ?? Number.NaN,
    cpuMicroseconds: figures[i]?.cpuMicroseconds ?? Number.NaN,
  }))
}
