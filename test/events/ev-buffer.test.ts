import { inspect } from 'node:util'
import { EvBuffer, obtainEvBuffer } from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode } from '../support/errors.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'

describe('EvBuffer', () => {
  checkLiveCountsAfterEach()

  describe('as a handle', () => {
    it('counts while it lives, needs no base, and releases what it holds', () => {
      const before = EvBuffer.live()
      const first = obtainEvBuffer()
      const second = new EvBuffer()
      first.add(Buffer.alloc(100_000))
      expect(EvBuffer.live()).to.equal(before + 2)
      expect(second.id).to.equal(first.id + 1)
      first.dispose()
      first.dispose()
      second[Symbol.dispose]()
      expect(EvBuffer.live()).to.equal(before)
    })

    it('shows its length, and never its content', () => {
      const buffer = obtainEvBuffer()
      buffer.add('a secret')
      for (const shown of [String(buffer), inspect(buffer), inspect({ buffer })]) {
        expect(shown).to.include('8 bytes').and.not.include('secret')
      }
      buffer.dispose()
      expect(String(buffer)).to.equal(`EvBuffer #${buffer.id} (disposed)`)
      expect(inspect(buffer)).to.equal(String(buffer))
    })

    it('refuses everything once it is disposed', () => {
      const buffer = obtainEvBuffer()
      buffer.dispose()
      expectCode('ERR_EV_DISPOSED', () => buffer.add('x'))
      expectCode('ERR_EV_DISPOSED', () => buffer.remove())
      expectCode('ERR_EV_DISPOSED', () => buffer.getLength())
    })
  })

  describe('adding and taking', () => {
    it('is first in, first out, whatever the pieces', () => {
      using buffer = obtainEvBuffer()
      buffer.add('middle')
      buffer.add(Buffer.from(' end'))
      buffer.prepend('start ')
      buffer.prepend(new Uint8Array([62, 32]))
      expect(buffer.getLength()).to.equal(18)
      expect(buffer.remove(8).toString()).to.equal('> start ')
      buffer.drain(3)
      expect(buffer.remove().toString()).to.equal('dle end')
      expect([buffer.getLength(), buffer.remove().length, buffer.remove(5).length]).to.deep.equal([0, 0, 0])
      buffer.drain(1)
    })

    it('takes strings as UTF-8, long ones too', () => {
      using buffer = obtainEvBuffer()
      const text = 'kälte €'.repeat(1000)
      buffer.add(text)
      buffer.prepend(text)
      buffer.add('')
      buffer.prepend('')
      expect(buffer.getLength()).to.equal(2 * Buffer.byteLength(text))
      expect(buffer.remove().toString()).to.equal(text + text)
    })

    it('copies: what is done to the bytes afterwards does not matter', () => {
      using buffer = obtainEvBuffer()
      const bytes = Buffer.from('content')
      buffer.add(bytes)
      bytes.fill(0)
      const taken = buffer.remove(4)
      taken.fill(0)
      expect(buffer.remove().toString()).to.equal('ent')
    })

    it('fills memory as far as there are bytes', () => {
      using buffer = obtainEvBuffer()
      buffer.add('content')
      const memory = Buffer.alloc(10, '.')
      expect(buffer.remove(memory.subarray(0, 3))).to.equal(3)
      expect(buffer.remove(memory.subarray(4))).to.equal(4)
      expect(buffer.remove(memory)).to.equal(0)
      expect(memory.toString()).to.equal('con.tent..')
    })
  })
})
