// Random requests: right ones, and ways to make them wrong, each with a name.

/** The parts of a request, from which it is put together. */
export interface Parts {
  method: string
  target: string
  version: string
  headers: string[]
  body: string
  lineEnd: string
}

/** One thing that is odd about a request. */
export interface Oddity {
  readonly name: string
  apply(parts: Parts): void
}

/** Marsaglia's xorshift: the same requests everywhere for the same seed. */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = (Math.imul(seed, 2654435761) ^ 0x9e3779b9) | 1
  }

  below(bound: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % bound
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }
}

const header = (name: string, line: string): Oddity => ({ name, apply: (parts) => parts.headers.push(line) })
const change = (name: string, apply: (parts: Parts) => void): Oddity => ({ name, apply })

function framed(parts: Parts, headers: readonly string[], body: string): void {
  parts.method = 'POST'
  parts.headers = parts.headers.filter((line) => !/^(content-length|transfer-encoding)/i.test(line))
  parts.headers.push(...headers)
  parts.body = body
}
const body = (name: string, headers: readonly string[], bytes: string): Oddity =>
  change(name, (parts) => framed(parts, headers, bytes))
const chunks = (name: string, bytes: string): Oddity => body(name, ['Transfer-Encoding: chunked'], bytes)

export const ODDITIES: readonly Oddity[] = [
  change('lines end with LF', (parts) => {
    parts.lineEnd = '\n'
  }),
  change('two spaces in the request line', (parts) => {
    parts.method += ' '
  }),
  change('a space in the target', (parts) => {
    parts.target += 'a b'
  }),
  change('a fragment in the target', (parts) => {
    parts.target += '#x'
  }),
  change('a byte above ASCII in the target', (parts) => {
    parts.target += '\xe9'
  }),
  change('%00 in the target', (parts) => {
    parts.target += '%00'
  }),
  change('a percent sign alone', (parts) => {
    parts.target += '%'
  }),
  change('a target that is no path', (parts) => {
    parts.target = 'path'
  }),
  change('a target in absolute form', (parts) => {
    parts.target = 'http://test/absolute'
  }),
  change('a control character in the target', (parts) => {
    parts.target += '\x02'
  }),
  change('HTTP/1.0', (parts) => {
    parts.version = 'HTTP/1.0'
  }),
  change('HTTP/1.2', (parts) => {
    parts.version = 'HTTP/1.2'
  }),
  change('HTTP/2.0', (parts) => {
    parts.version = 'HTTP/2.0'
  }),
  change('a version in small letters', (parts) => {
    parts.version = 'http/1.1'
  }),
  change('a space behind the version', (parts) => {
    parts.version += ' '
  }),
  change('a method that is not known', (parts) => {
    parts.method = 'FOO'
  }),
  change('a method of WebDAV', (parts) => {
    parts.method = 'PROPFIND'
  }),
  change('a method in small letters', (parts) => {
    parts.method = 'get'
  }),
  change('an empty line before', (parts) => {
    parts.method = `\r\n${parts.method}`
  }),
  change('a space before', (parts) => {
    parts.method = ` ${parts.method}`
  }),
  change('no Host', (parts) => {
    parts.headers = parts.headers.filter((line) => !line.startsWith('Host'))
  }),
  header('two Hosts', 'Host: other'),
  change('a Host with a space', (parts) => {
    parts.headers[0] = 'Host: a b'
  }),
  change('a Host with a path', (parts) => {
    parts.headers[0] = 'Host: a/b'
  }),
  change('an empty Host', (parts) => {
    parts.headers[0] = 'Host:'
  }),
  header('a name with a space', 'X Y: z'),
  header('a space before a colon', 'X : z'),
  header('an empty name', ': z'),
  header('a line without a colon', 'nonsense'),
  header('a name with a byte above ASCII', 'X\xe9: y'),
  header('a name with an underscore', 'X_Y: z'),
  header('a folded line', 'X: y\r\n z'),
  header('a NUL in a value', 'X: a\0b'),
  header('a bare CR in a value', 'X: a\rb'),
  header('a bare LF in a value', 'X: a\nY: b'),
  header('a control character in a value', 'X: a\x02b'),
  header('a DEL in a value', 'X: a\x7fb'),
  header('a byte above ASCII in a value', 'X: \xe9'),
  header('a tab in a value', 'X: a\tb'),
  header('an empty value', 'X:'),
  body('two Content-Lengths', ['Content-Length: 3', 'Content-Length: 3'], 'abc'),
  body('a list of Content-Lengths', ['Content-Length: 3, 3'], 'abc'),
  body('a Content-Length with a sign', ['Content-Length: +3'], 'abc'),
  body('a negative Content-Length', ['Content-Length: -3'], 'abc'),
  body('an empty Content-Length', ['Content-Length:'], ''),
  body('a Content-Length with leading zeros', ['Content-Length: 003'], 'abc'),
  body('a Content-Length beyond 64 bits', ['Content-Length: 18446744073709551619'], 'abc'),
  body('both lengths', ['Content-Length: 3', 'Transfer-Encoding: chunked'], '3\r\nabc\r\n0\r\n\r\n'),
  body('another Transfer-Encoding', ['Transfer-Encoding: gzip'], 'abc'),
  body('chunked behind another encoding', ['Transfer-Encoding: gzip, chunked'], '3\r\nabc\r\n0\r\n\r\n'),
  body('chunked before another encoding', ['Transfer-Encoding: chunked, gzip'], '3\r\nabc\r\n0\r\n\r\n'),
  body('chunked twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], '3\r\nabc\r\n0\r\n\r\n'),
  body('chunked in capitals', ['Transfer-Encoding: CHUNKED'], '3\r\nabc\r\n0\r\n\r\n'),
  chunks('a chunk size with 0x', '0x3\r\nabc\r\n0\r\n\r\n'),
  chunks('a chunk size with a sign', '+3\r\nabc\r\n0\r\n\r\n'),
  chunks('a chunk size before a space', '3 \r\nabc\r\n0\r\n\r\n'),
  chunks('a chunk size line that ends with LF', '3\nabc\r\n0\r\n\r\n'),
  chunks('a chunk without its line end', '3\r\nabc0\r\n\r\n'),
  chunks('a chunk extension', '3;a=b;c="d e"\r\nabc\r\n0\r\n\r\n'),
  chunks('a chunk extension of control characters', '3;\x02\r\nabc\r\n0\r\n\r\n'),
  chunks('a chunk extension without a name', '3;\r\nabc\r\n0\r\n\r\n'),
  chunks('trailers', '3\r\nabc\r\n0\r\nX: y\r\n\r\n'),
  chunks('a trailer without a colon', '3\r\nabc\r\n0\r\nnonsense\r\n\r\n'),
  chunks('a body that ends early', '5\r\nabc'),
  header('an expectation that is none', 'Expect: 200-ok'),
]

/** A request that was made by chance. */
export interface Made {
  readonly bytes: Buffer
  readonly oddities: readonly string[]
}

/** @returns the request of that seed: a right one with up to two oddities */
export function makeRequest(seed: number): Made {
  const chance = new Chance(seed)
  const parts: Parts = {
    method: chance.pick(['GET', 'POST', 'PUT', 'DELETE']),
    target: `/${'p'.repeat(chance.below(20))}${chance.pick(['', '?q=1', '/%41'])}`,
    version: 'HTTP/1.1',
    headers: ['Host: test', 'Connection: close', ...Array.from({ length: chance.below(4) }, (_, i) => `X-${i}: v${i}`)],
    body: '',
    lineEnd: '\r\n',
  }
  const length = chance.below(200)
  if (parts.method === 'POST' || chance.below(4) === 0) {
    if (chance.below(2) === 0) framed(parts, [`Content-Length: ${length}`], 'b'.repeat(length))
    else if (length > 0) {
      const chunk = `${length.toString(16)}\r\n${'c'.repeat(length)}\r\n`
      framed(parts, ['Transfer-Encoding: chunked'], `${chunk}${chunk}0\r\n\r\n`)
    }
  }
  const oddities: Oddity[] = []
  for (let count = chance.below(3); count > 0; count--) oddities.push(chance.pick(ODDITIES))
  for (const oddity of oddities) oddity.apply(parts)
  const head = [`${parts.method} ${parts.target} ${parts.version}`, ...parts.headers].join(parts.lineEnd)
  return {
    bytes: Buffer.from(`${head}${parts.lineEnd}${parts.lineEnd}${parts.body}`, 'latin1'),
    oddities: oddities.map(({ name }) => name),
  }
}
