import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { base64Length, decodeBase64, encodeBase64 } from '../../../examples/bitcoin-rpc/auth/base64.js'

function encode(bytes: Uint8Array): string {
  const into = new Uint8Array(base64Length(bytes.length))
  expect(encodeBase64(bytes, into)).to.equal(into.length)
  return Buffer.from(into).toString()
}

describe('bitcoin-rpc: Base64 on bytes', () => {
  it('is what Node makes of all lengths and all values, both ways', () => {
    for (let length = 0; length < 300; length++) {
      const bytes = length < 256 ? Uint8Array.from({ length }, (_, i) => i) : randomBytes(length)
      const text = Buffer.from(bytes).toString('base64')
      expect(encode(bytes)).to.equal(text)
      expect(decodeBase64(Buffer.from(text))).to.deep.equal(Buffer.from(bytes))
    }
  })

  it('knows each letter, and nothing else', () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    for (let byte = 0; byte < 256; byte++) {
      const decoded = decodeBase64(Uint8Array.of(byte, 0x41, 0x41, 0x41))
      const value = letters.indexOf(String.fromCharCode(byte))
      expect(decoded, `${byte}`).to.deep.equal(value < 0 ? undefined : Uint8Array.of(value << 2, 0, 0))
    }
  })

  for (const text of ['A', 'AA', 'AAA', 'AAA==', '=', '====', 'A===', 'AB==', 'AAB=', 'A=AA', 'AA=A', 'AAAA====']) {
    it(`refuses ${text}`, () => expect(decodeBase64(Buffer.from(text))).to.equal(undefined))
  }

  it('decodes in place', () => {
    const bytes = Buffer.from('YWJj')
    expect(decodeBase64(bytes)?.buffer).to.equal(bytes.buffer)
    expect(bytes.subarray(0, 3).toString()).to.equal('abc')
  })
})
