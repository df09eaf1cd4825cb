import { closeSync, fstatSync, openSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { EvBuffer, EventError, getUniquePath, obtainEvBuffer } from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { SocketPair } from '../../support/socket-pair.js'

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
      expect(inspect(buffer)).to.equal(`EvBuffer #${buffer.id} { disposed }`)
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

  describe('memory that JavaScript may take away', () => {
    // Newer than the language level of this code, though every supported Node has them.
    const resizable = (): ArrayBuffer => Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }])

    it('is copied at the call, as much of it as there is', () => {
      using buffer = obtainEvBuffer()
      const detached = new Uint8Array(8).fill(1)
      structuredClone(detached.buffer, { transfer: [detached.buffer] })
      const memory = resizable()
      const shrunk = new Uint8Array(memory, 4, 4)
      Reflect.apply(Reflect.get(memory, 'resize'), memory, [0])
      const shared = new Uint8Array(new SharedArrayBuffer(8), 2, 3).fill(7)
      for (const bytes of [detached, shrunk, shared]) {
        buffer.add(bytes)
        buffer.prepend(bytes)
        buffer.addReference(bytes)
        buffer.addIovec([bytes, bytes])
      }
      expect([...buffer.remove()]).to.deep.equal(Array(15).fill(7))
    })

    it('may go after it was referred to', () => {
      using buffer = obtainEvBuffer()
      const bytes = new Uint8Array(100_000).fill(65)
      buffer.addReference(bytes)
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
      expect(bytes.length).to.equal(0)
      expect(buffer.remove().equals(Buffer.alloc(100_000, 65))).to.equal(true)
    })

    it('is filled only where it is', () => {
      using buffer = obtainEvBuffer()
      buffer.add('content')
      const detached = new Uint8Array(8)
      structuredClone(detached.buffer, { transfer: [detached.buffer] })
      expect([buffer.copyout(detached), buffer.remove(detached)]).to.deep.equal([0, 0])
      const space = buffer.reserveSpace(4)
      structuredClone(space.buffer, { transfer: [space.buffer as ArrayBuffer] })
      buffer.commitSpace(space)
      expect(buffer.getLength()).to.equal(7)
    })

    it('that was reserved is taken once, and no other', () => {
      using buffer = obtainEvBuffer()
      using other = obtainEvBuffer()
      const space = buffer.reserveSpace(4).fill(66)
      expectCode('ERR_EV_STATE', () => other.commitSpace(space))
      expectCode('ERR_EV_STATE', () => buffer.commitSpace(space.slice()))
      buffer.commitSpace(space.subarray(1, 3))
      expectCode('ERR_EV_STATE', () => buffer.commitSpace(space))
      expect(buffer.remove().toString()).to.equal('BB')
    })
  })

  describe('references', () => {
    it('leave each buffer its own', () => {
      using source = obtainEvBuffer()
      using one = obtainEvBuffer()
      using two = obtainEvBuffer()
      source.add('shared ')
      one.addBufferReference(source)
      two.addBufferReference(source)
      // libevent's own pull-up would write each end behind the piece that all three have.
      for (const [buffer, end] of [
        [source, 'source'],
        [one, 'one'],
        [two, 'two'],
      ] as const) {
        buffer.add(end)
        expect(buffer.pullup()?.toString()).to.equal(`shared ${end}`)
      }
      expect([source, one, two].map((buffer) => buffer.remove().toString())).to.deep.equal([
        'shared source',
        'shared one',
        'shared two',
      ])
    })

    it('in a ring are let go', () => {
      const first = obtainEvBuffer()
      const second = obtainEvBuffer()
      const third = obtainEvBuffer()
      first.add('first')
      second.addBufferReference(first)
      third.addBuffer(second)
      second.add('second')
      first.addBufferReference(second)
      second.addBuffer(third)
      expect([first.copyout().toString(), second.copyout().toString()]).to.deep.equal(['firstsecond', 'secondfirst'])
      // What is left of them shows in the count of libevent's blocks.
      for (const buffer of [third, first, second]) buffer.dispose()
    })
  })

  describe('descriptors', () => {
    it('that take or give nothing say why', () => {
      using sockets = new SocketPair()
      using buffer = obtainEvBuffer()
      const fillAndWrite = () => {
        sockets.fill(sockets.left)
        buffer.add('x')
        buffer.write(sockets.left)
      }
      expect(buffer.write(sockets.left), 'nothing to write').to.equal(0)
      for (const call of [() => buffer.read(sockets.left), fillAndWrite]) {
        expect(expectCode('ERR_EV_LIBEVENT', call).errno).to.equal(-constants.errno.EAGAIN)
      }
      expect(buffer.getLength()).to.equal(1)
      sockets.close(sockets.right)
      expect(expectCode('ERR_EV_LIBEVENT', () => buffer.write(sockets.left)).errno).to.equal(-constants.errno.EPIPE)
      for (const call of [() => buffer.read(9999), () => buffer.write(9999), () => buffer.addFile(9999)]) {
        expect(expectCode('ERR_EV_LIBEVENT', call).errno).to.equal(-constants.errno.EBADF)
      }
    })

    it('read to the end of the stream, as much as is asked', () => {
      using sockets = new SocketPair()
      using buffer = obtainEvBuffer()
      sockets.write(sockets.right, 'x'.repeat(5000))
      expect(buffer.read(sockets.left, 10)).to.equal(10)
      // libevent's own limit.
      expect(buffer.read(sockets.left)).to.equal(4096)
      expect(buffer.read(sockets.left, 100_000)).to.equal(5000 - 10 - 4096)
      sockets.close(sockets.right)
      expect(buffer.read(sockets.left)).to.equal(0)
      expect(buffer.getLength()).to.equal(5000)
    })

    it('of files are closed with the piece, and only when it was added', () => {
      using buffer = obtainEvBuffer()
      const path = fileURLToPath(import.meta.url)
      const size = statSync(path).size
      const fd = openSync(path, 'r')
      expect(() => buffer.addFile(fd, 0, size + 1)).to.throw(RangeError, /^length /)
      expect(() => buffer.addFile(fd, size + 1, 1)).to.throw(RangeError, /^length /)
      expect(() => buffer.addFile(fd, -1)).to.throw(RangeError, /^offset /)
      buffer.addFile(fd, 10, 20)
      expect(buffer.copyout().equals(readFileSync(path).subarray(10, 30))).to.equal(true)
      expect(fstatSync(fd).size, 'it is still open').to.equal(size)
      buffer.drain(20)
      expect(() => fstatSync(fd)).to.throw(/EBADF/)

      const pipe = new SocketPair()
      expect(expectCode('ERR_EV_LIBEVENT', () => buffer.addFile(pipe.left)).errno).to.equal(-constants.errno.ESPIPE)
      pipe[Symbol.dispose]()
      const directory = openSync('/', 'r')
      expectCode('ERR_EV_LIBEVENT', () => buffer.addFile(directory, 0, 1))
      closeSync(directory)
      expect(buffer.getLength()).to.equal(0)
    })

    it('of an empty file, and of an empty part, are none, and it is closed', () => {
      using buffer = obtainEvBuffer()
      const path = getUniquePath(tmpdir())
      for (const [content, offset, length] of [
        ['', 0, undefined],
        ['', 0, 0],
        ['', 10, undefined],
        ['content', 7, undefined],
        ['content', 3, 0],
        ['content', 100, undefined],
      ] as const) {
        writeFileSync(path, content)
        const fd = openSync(path, 'r')
        buffer.addFile(fd, offset, length)
        expect(buffer.getLength()).to.equal(0)
        expect(() => fstatSync(fd)).to.throw(/EBADF/)
        expect(() => buffer.addFile(fd, offset, length), 'closed')
          .to.throw(EventError)
          .with.property('errnoName', 'EBADF')
      }
      rmSync(path)
      const nothing = openSync('/dev/null', 'r')
      buffer.addFile(nothing)
      expect(() => fstatSync(nothing)).to.throw(/EBADF/)
      using frozen = obtainEvBuffer()
      frozen.freeze(false)
      writeFileSync(path, '')
      const kept = openSync(path, 'r')
      expectCode('ERR_EV_STATE', () => frozen.addFile(kept))
      closeSync(kept)
      rmSync(path)
    })

    it('of a file that is cut off have been read before', () => {
      using buffer = obtainEvBuffer()
      const path = getUniquePath(tmpdir())
      writeFileSync(path, 'x'.repeat(100_000))
      buffer.addFile(openSync(path, 'r+'))
      truncateSync(path)
      rmSync(path)
      expect(buffer.remove().equals(Buffer.alloc(100_000, 'x'))).to.equal(true)
    })
  })
})
