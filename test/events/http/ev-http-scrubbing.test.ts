import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Child, runChild } from '../../support/child.js'
import { request, Wire } from '../../support/wire.js'

/** A secret, and what a process may know of it without having it in its memory. */
class Secret {
  readonly text = randomBytes(30).toString('base64')
  readonly key = 0x5a

  /** The arguments that say what the server searches for. */
  get disguise(): [string, string] {
    return [
      Buffer.from(this.text.split('').map((letter) => letter.charCodeAt(0) ^ this.key)).toString('hex'),
      String(this.key),
    ]
  }
}

async function search(child: Child): Promise<number[]> {
  child.send('search')
  return (await child.message<{ addresses: number[] }>()).addresses
}

/** Sends a secret and says where it is in the server's memory, while it is in flight and when it has gone. */
async function exchange(
  bytes: (secret: string) => string,
  variant: 'leave' | 'read' | 'echo',
  nodeOptions: readonly string[] = [],
): Promise<{ inFlight: number[]; afterwards: number[]; length: number }> {
  const secret = new Secret()
  await using child = runChild('scrubbed-server', [...secret.disguise, variant], nodeOptions)
  const { port } = await child.message<{ port: number }>()
  expect(await search(child), 'before').to.deep.equal([])
  using wire = await Wire.open(port)
  wire.send(bytes(secret.text))
  const { length } = await child.message<{ length: number }>()
  const inFlight = await search(child)
  child.send('answer')
  const reply = await wire.reply()
  expect(reply.body.toString()).to.equal(variant === 'echo' ? reply.header('X-Given') : 'answered')
  await wire.rest()
  expect(await child.message()).to.deep.equal({ closed: true })
  const afterwards = await search(child)
  child.send('end')
  expect(await child.message()).to.deep.equal({ dispatched: 1 })
  expect(await child.ended()).to.include({ code: 0, signal: null, stderr: '' })
  return { inFlight, afterwards, length }
}

/**
 * @param log - what V8 has written about the memory that it took
 * @returns all that was ever part of its heap: what it gives up it may keep for later
 */
function heapRanges(log: string): { begin: number; end: number }[] {
  const ranges: { begin: number; end: number }[] = []
  for (const line of log.split('\n')) {
    const [, begin, size] = /^new,(?:MemoryChunk|CodeRange),(0x[0-9a-f]+),(\d+)$/.exec(line) ?? []
    if (begin !== undefined) ranges.push({ begin: Number(begin), end: Number(begin) + Number(size) })
  }
  return ranges
}

describe('scrubbing: a request that is over', function () {
  this.timeout(60_000)

  const places: Readonly<Record<string, (secret: string) => string>> = {
    'an Authorization header': (secret) => request('GET /', [`Authorization: Basic ${secret}`]),
    'a header that stands twice': (secret) => request('GET /', [`X: one ${secret}`, `X: ${secret}`]),
    'a body': (secret) => request('POST /', [], `{"passphrase":"${secret}"}`),
    'a body in chunks': (secret) =>
      `${request('POST /', ['Transfer-Encoding: chunked'])}${secret.length.toString(16)}\r\n${secret}\r\n0\r\n\r\n`,
    'a long body': (secret) => request('POST /', [], `${'x'.repeat(300_000)}${secret}${'y'.repeat(300_000)}`),
    'a URI': (secret) => request(`GET /?secret=${secret}`),
  }

  for (const [name, bytes] of Object.entries(places)) {
    it(`leaves nothing of ${name} in the whole process`, async () => {
      const { inFlight, afterwards } = await exchange(bytes, 'leave')
      // Otherwise its absence would show nothing.
      expect(inFlight.length, 'while it is in flight').to.be.greaterThan(0)
      expect(afterwards).to.deep.equal([])
    })
  }

  for (const variant of ['read', 'echo'] as const) {
    it(`leaves nothing outside the JavaScript heap of a header that the handler has ${variant === 'read' ? 'read' : 'read, and answered with'}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'scrubbing-'))
      try {
        const log = join(folder, 'v8.log')
        const { inFlight, afterwards, length } = await exchange(
          (secret) => request('GET /', [`Authorization: Basic ${secret}`]),
          variant,
          // V8 reports each piece of memory that it takes for its heap, and the search has it write that out first.
          ['--log', `--logfile=${log}`, '--no-logfile-per-isolate'],
        )
        expect(length).to.equal('Basic '.length + 40)
        const ranges = heapRanges(readFileSync(log, 'latin1'))
        expect(ranges.length).to.be.greaterThan(10)
        const outside = (addresses: readonly number[]) =>
          addresses.filter((address) => !ranges.some(({ begin, end }) => address >= begin && address < end))
        expect(outside(inFlight).length, 'outside the heap while it is in flight').to.be.greaterThan(0)
        expect(inFlight.length, 'in the heap too').to.be.greaterThan(outside(inFlight).length)
        expect(outside(afterwards)).to.deep.equal([])
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  }
})
