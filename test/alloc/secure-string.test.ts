import { PassThrough, Readable } from 'node:stream'
import { SecureString } from 'bitcoin-support'
import { expect } from 'chai'
import { rejection, thrownBy } from '../support/errors.js'
import { checkLiveCounts } from '../support/live-counts.js'
import { checkLockedPool } from '../support/locked-pool-counts.js'
import { factsOf } from '../support/secure-program.js'

const FAILED = 'ERR_SECURE_MEMORY'
const utf8 = (text: string) => new TextEncoder().encode(text)
const textOf = (string: SecureString) => string.use((bytes) => new TextDecoder().decode(bytes))

describe('SecureString', () => {
  checkLiveCounts()
  checkLockedPool()

  it('is empty at first', () => {
    using string = new SecureString()
    expect([string.length, string.disposed, string.equals(new Uint8Array())]).to.deep.equal([0, false, true])
    expect(textOf(string)).to.equal('')
  })

  it('is made from bytes, which stay the caller’s', () => {
    const bytes = utf8('pässword')
    using string = SecureString.fromBytes(bytes)
    expect([textOf(string), string.length]).to.deep.equal(['pässword', 9])
    expect(bytes).to.deep.equal(utf8('pässword'))
  })

  for (const text of ['', 'a', 'pässwörd', '€', '😀', '\0', 'x'.repeat(100_000), '😀'.repeat(50_000)]) {
    it(`is made from a string of ${text.length} units: ${JSON.stringify(text.slice(0, 8))}`, () => {
      using string = SecureString.fromHeapString(text)
      expect(string.length).to.equal(utf8(text).length)
      expect(string.equals(utf8(text))).to.equal(true)
    })
  }

  it('has U+FFFD for a lone surrogate, as UTF-8 has everywhere', () => {
    using string = SecureString.fromHeapString('a\ud800b')
    expect(textOf(string)).to.equal('a\ufffdb')
  })

  it('grows by bytes and by strings', () => {
    using string = new SecureString()
    let expected = ''
    for (let i = 0; i < 300; i++) {
      const text = `${i}é`
      if (i % 2 === 0) string.push(utf8(text))
      else string.pushHeapString(text)
      expected += text
    }
    expect(string.equals(utf8(expected))).to.equal(true)
    string.push(new Uint8Array())
    expect(string.length).to.equal(utf8(expected).length)
  })

  it('takes back whole characters, and none when it is empty', () => {
    using string = SecureString.fromHeapString('aé€😀')
    const seen: string[] = []
    for (let i = 0; i < 4; i++) {
      string.pop()
      seen.push(textOf(string))
    }
    expect(seen).to.deep.equal(['aé€', 'aé', 'a', ''])
    expect(thrownBy(() => string.pop())).to.include({ code: FAILED })
  })

  it('has slices that are strings of their own', () => {
    using string = SecureString.fromHeapString('passphrase')
    using part = string.slice(4, 7)
    using tail = string.slice(6)
    using all = string.slice()
    using none = string.slice(3, 3)
    part.push(utf8('!'))
    expect([part, tail, all, none, string].map(textOf)).to.deep.equal(['phr!', 'rase', 'passphrase', '', 'passphrase'])
  })

  for (const [start, end] of [
    [-1, 2],
    [2, 1],
    [0, 11],
    [11, 11],
    [0.5, 2],
    [Number.NaN, 2],
    ['0', 2],
  ] as [number, number][]) {
    it(`has no slice from ${JSON.stringify(start)} to ${end}`, () => {
      using string = SecureString.fromHeapString('passphrase')
      expect(thrownBy(() => string.slice(start, end))).to.include({ code: FAILED })
    })
  }

  it('is compared with strings and bytes', () => {
    using string = SecureString.fromHeapString('passphrase')
    using same = SecureString.fromBytes(utf8('passphrase'))
    using longer = SecureString.fromBytes(utf8('passphrases'))
    using other = SecureString.fromBytes(utf8('passphrasf'))
    expect(
      [same, longer, other, utf8('passphrase'), utf8('passphras')].map((each) => string.equals(each)),
    ).to.deep.equal([true, false, false, true, false])
    for (const wrong of ['passphrase', undefined, [1]] as never[]) {
      expect(thrownBy(() => string.equals(wrong))).to.include({ code: FAILED })
    }
  })

  it('lends its bytes and takes them away', () => {
    using string = SecureString.fromHeapString('passphrase')
    let lent: Uint8Array = new Uint8Array(1)
    const result = string.use((bytes) => {
      lent = bytes
      bytes.fill(0)
      return bytes.length
    })
    expect([result, lent.length, textOf(string)]).to.deep.equal([10, 0, 'passphrase'])
    expect(thrownBy(() => string.use(() => Promise.resolve()))).to.include({ code: FAILED })
  })

  it('is of no use when it is disposed', () => {
    const string = SecureString.fromHeapString('passphrase')
    string.dispose()
    string.dispose()
    expect([string.disposed, string.length]).to.deep.equal([true, 0])
    for (const call of [
      () => string.push(utf8('a')),
      () => string.pushHeapString('a'),
      () => string.pop(),
      () => string.slice(),
      () => string.equals(new Uint8Array()),
      () => string.use(() => {}),
    ]) {
      expect(thrownBy(call)).to.include({ code: FAILED, message: 'secure memory operation failed' })
    }
  })

  for (const value of [1, null, undefined, {}, Symbol('text'), new String('text')]) {
    it(`takes no ${typeof value} (${Object.prototype.toString.call(value)}) for a string`, () => {
      using string = SecureString.fromHeapString('old')
      expect(thrownBy(() => string.pushHeapString(value as string))).to.include({ code: FAILED })
      expect(thrownBy(() => SecureString.fromHeapString(value as string))).to.include({ code: FAILED })
      expect(textOf(string)).to.equal('old')
    })
  }

  describe('from a stream', () => {
    it('has all chunks, which are wiped', async () => {
      const chunks = ['correct ', 'horse ', 'bätt', 'ery'].map(utf8)
      using string = await SecureString.fromStream(Readable.from(chunks))
      expect(textOf(string)).to.equal('correct horse bättery')
      expect(chunks.every((chunk) => chunk.every((byte) => byte === 0))).to.equal(true)
    })

    it('fails when a chunk is a string', async () => {
      const stream = new PassThrough({ encoding: 'utf8' })
      stream.end('secret')
      expect(await rejection(SecureString.fromStream(stream))).to.include({ code: FAILED })
    })

    it('fails with what the stream fails with', async () => {
      const error = new Error('of the stream')
      const stream = new Readable({
        read() {
          this.destroy(error)
        },
      })
      expect(await rejection(SecureString.fromStream(stream))).to.equal(error)
    })
  })

  it('leaves no copies when it grows, is sliced, shortened, disposed or read from a stream', async () => {
    const facts = await factsOf<{ grown: number[] } & Record<string, unknown>>('string-growth')
    const { grown, ...rest } = facts
    expect(grown).to.deep.equal(Array(15).fill(1))
    expect(rest).to.deep.equal({
      length: 32 * 2 ** 14,
      sliced: 2,
      disposed: 1,
      popped: 0,
      empty: 0,
      before: 1,
      streamed: 1,
      chunk: true,
      streamedLength: 32,
      after: 0,
    })
  })
})
