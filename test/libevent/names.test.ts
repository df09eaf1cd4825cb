import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import * as libevent from 'bitcoin-support/libevent'
import { expect } from 'chai'
import { CONSTANTS, NAMES } from './names.js'

const HEADERS = '/usr/include/event2'

describe('bitcoin-support/libevent', () => {
  for (const [group, names] of Object.entries(NAMES)) {
    it(`has all that a node needs of ${group}`, () => {
      const missing = names.filter((name) => typeof Reflect.get(libevent, name) !== 'function')
      expect(missing).to.deep.equal([])
    })
  }

  it('has the constants, with their values', () => {
    expect(libevent).to.include(CONSTANTS)
  })

  it('names nothing that libevent does not', () => {
    const headers = readdirSync(HEADERS).map((file) => readFileSync(`${HEADERS}/${file}`, 'utf8'))
    const text = headers.join('\n')
    const ours = new Set(['obtainEvKeyvalq'])
    const unknown = Object.keys(libevent).filter((name) => !ours.has(name) && !new RegExp(`\\b${name}\\b`).test(text))
    expect(unknown).to.deep.equal([])
  })

  it('is there for require() too', () => {
    const required: unknown = createRequire(import.meta.url)('bitcoin-support/libevent')
    expect(Object.keys(required as object)).to.include.members(Object.keys(libevent))
  })
})
