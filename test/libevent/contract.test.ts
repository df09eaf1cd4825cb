// Each of C's functions with each wrong argument: it throws an error with a code, and frees nothing.
import { closeSync, openSync } from 'node:fs'
import { EventError } from 'bitcoin-support'
import * as libevent from 'bitcoin-support/libevent'
import { EV_READ } from 'bitcoin-support/libevent'
import { expect } from 'chai'
import { Gallery } from '../boundary/gallery.js'
import { resultOf } from '../boundary/outcomes.js'
import { filledBuffer } from '../boundary/subjects/ev-buffer.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { FREES, type Kind, SIGNATURES } from './signatures.js'

type Callable = (...args: unknown[]) => unknown

/** A live one of everything. */
class World extends Gallery {
  readonly second = filledBuffer()
  /** No call may take it: something is wrong with each. */
  readonly fd = openSync('/dev/null', 'r+')

  override [Symbol.dispose](): void {
    super[Symbol.dispose]()
    this.second.dispose()
    closeSync(this.fd)
  }
}

/** What is no handle of any type. */
const STRANGERS: readonly unknown[] = [
  undefined,
  null,
  0,
  1,
  1n,
  'text',
  true,
  Symbol('s'),
  {},
  [],
  () => {},
  { id: 1 },
]

/** What is right in a place. */
function rightFor(kind: Kind, world: World): unknown {
  switch (kind) {
    case 'base':
      return world.base
    case 'event':
      return world.event
    case 'http':
      return world.http
    case 'vhost':
      return world.spare
    case 'bound':
      return world.socket
    case 'incoming':
      return world.incoming
    case 'outgoing':
      return world.outgoing
    case 'client':
      return world.connection
    case 'headers':
      return world.sent
    case 'list':
      return world.list
    case 'uri':
      return world.uri
    case 'buf':
    case 'buf?':
      return world.buffer
    case 'other buf':
      return world.second
    case 'bufev':
      return world.bufferevent
    case 'lev':
      return world.listener
    case 'dns?':
      return world.dns
    case 'int':
    case 'int?':
    case 'int=':
      return 1
    case 'bits':
      return EV_READ
    case 'status':
      return 200
    case 'fd':
      return world.fd
    case 'string':
    case 'string?':
    case 'data':
      return 'x'
    case 'memory':
      return new Uint8Array(1)
    case 'cb':
    case 'cb?':
      return () => {}
    case 'tv':
    case 'tv?':
      return { tv_sec: 1, tv_usec: 0 }
    case 'out':
    case 'out?':
      return {}
    case 'sa':
      return { address: '127.0.0.1', port: 1 }
    case 'any':
      return undefined
  }
}

const HANDLES =
  /^(base|event|http|vhost|bound|incoming|outgoing|client|headers|list|uri|buf|other buf|bufev|lev|dns)\??$/

const isBytes = (value: unknown) => typeof value === 'string' || value instanceof Uint8Array
const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  int: (value) => typeof value === 'number',
  bits: (value) => typeof value === 'number',
  status: (value) => typeof value === 'number',
  fd: (value) => typeof value === 'number',
  string: (value) => typeof value === 'string',
  data: isBytes,
  memory: (value) => value instanceof Uint8Array,
  // An address of a function of C's cannot be distinguished from others.
  cb: (value) => typeof value === 'function' || typeof value === 'bigint',
  out: (value) => typeof value === 'object' && value !== null,
  tv: () => false,
  sa: () => false,
}

/** @returns what is wrong in a place by its type */
function wrongFor(kind: Kind, world: World): unknown[] {
  if (kind === 'any') return []
  const missing: unknown[] = []
  if (kind.endsWith('?')) missing.push(null)
  if (kind.endsWith('=') || ['tv?', 'string?', 'int?'].includes(kind)) missing.push(undefined)
  if (HANDLES.test(kind)) {
    const right = rightFor(kind, world) as object
    const others = world.everything.filter((one) => !(one instanceof right.constructor))
    const forged = [Object.create(right), Object.create(right.constructor.prototype as object), new Proxy(right, {})]
    return [...STRANGERS.filter((value) => !missing.includes(value)), ...others, ...forged]
  }
  const accepts = TYPES[kind.replace(/[?=]$/, '')] ?? (() => true)
  return STRANGERS.filter((value) => !missing.includes(value) && !accepts(value))
}

function expectCode(error: unknown, label: string): void {
  const typed = error instanceof EventError || error instanceof TypeError || error instanceof RangeError
  expect(typed, `${label}: ${String(error)}`).to.equal(true)
  expect((error as { code?: unknown }).code, `${label}: ${String(error)}`).to.match(/^ERR_(EV|INVALID_ARG_TYPE|OUT_OF)/)
}

const names = Object.entries(libevent).filter((entry): entry is [string, Callable] => {
  return typeof entry[1] === 'function' && entry[0] !== 'obtainEvKeyvalq'
})

describe("bitcoin-support/libevent: wrong arguments of C's names", () => {
  before(() => libevent.event_get_supported_methods())
  checkLiveCountsAfterEach()

  it('are known for each', () => {
    expect(Object.keys(SIGNATURES)).to.have.members(names.map(([name]) => name))
  })

  for (const [name, call] of names) {
    const kinds = SIGNATURES[name] ?? []
    if (kinds.length === 0) continue

    it(name, () => {
      using world = new World()
      const right = kinds.map((kind) => rightFor(kind, world))
      const alive = () => world.handles.filter((handle) => !handle.disposed).length
      const all = alive()
      for (const [index, kind] of kinds.entries()) {
        for (const value of wrongFor(kind, world)) {
          const label = `${name}, argument ${index} (${kind}), ${typeof value} ${Object.prototype.toString.call(value)}`
          const result = resultOf(() => call(...right.with(index, value)))
          if ('value' in result) expect.fail(`${label}: returned ${String(result.value)}`)
          expectCode(result.error, label)
          if (HANDLES.test(kind) && kind !== 'list') {
            expect(result.error, label).to.be.instanceOf(EventError).with.property('code', 'ERR_EV_HANDLE')
          }
          expect(alive(), label).to.equal(all)
        }
      }
      // Too few of them.
      const needed = kinds.findLastIndex((kind) => kind !== 'any' && !/[?=]$/.test(kind))
      for (let count = 0; count <= needed; count++) {
        const result = resultOf(() => call(...right.slice(0, count)))
        if ('value' in result) expect.fail(`${name} with ${count} arguments: returned ${String(result.value)}`)
        expectCode(result.error, `${name} with ${count} arguments`)
      }
      expect(alive()).to.equal(all)
    })

    const first = kinds.findIndex((kind) => HANDLES.test(kind))
    if (first < 0 || kinds[first]?.endsWith('?')) continue
    it(`${name}, disposed`, () => {
      using world = new World()
      const right = kinds.map((kind) => rightFor(kind, world))
      for (const [index, kind] of kinds.entries()) {
        if (!HANDLES.test(kind)) continue
        using own = new World()
        const gone = rightFor(kind, own)
        if (kind === 'bound' || kind === 'headers') own.http.dispose()
        else (gone as Disposable)[Symbol.dispose]()
        const result = resultOf(() => call(...right.with(index, gone)))
        if (FREES.has(name)) {
          expect(result).to.deep.equal({ value: undefined })
          continue
        }
        // What C's callers ask to see whether a request has lost it.
        if (name === 'evhttp_request_get_connection') {
          expect(result).to.deep.equal({ value: null })
          continue
        }
        // A socket is looked for on the server that is given.
        const code = kind === 'bound' && index > 0 ? 'ERR_EV_NOT_FOUND' : 'ERR_EV_DISPOSED'
        const error = 'error' in result ? result.error : result
        expect(error, `argument ${index} (${kind})`).to.be.instanceOf(EventError).with.property('code', code)
      }
      expect(world.handles.filter((handle) => handle.disposed)).to.deep.equal([])
    })
  }
})
