// libevent's own regression tests of evbuffer, by their names there: frozen ends, and what comes from and goes to
// descriptors.
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  EV_PERSIST,
  EV_READ,
  EV_WRITE,
  EVBUFFER_EOL_LF,
  EVBUFFER_FLAG_DRAINS_TO_FD,
  EventError,
  obtainEvBuffer,
  obtainEvent,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { Random } from '../../boundary/random.js'
import { expectCode } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { nativeSupport } from '../../support/native-support.js'
import { SocketPair } from '../../support/socket-pair.js'
import { BACKENDS } from '../backends.js'

describe('regress evbuffer: descriptors', () => {
  checkLiveCountsAfterEach()
  let directory = ''
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'evbuffer-'))
  })
  after(() => rmSync(directory, { recursive: true }))

  function file(content: string | Uint8Array): number {
    const path = join(directory, 'file')
    writeFileSync(path, content)
    return openSync(path, 'r')
  }

  for (const end of ['start', 'end'] as const) {
    it(`freeze_${end}`, () => {
      using sockets = new SocketPair()
      using buffer = obtainEvBuffer()
      using other = obtainEvBuffer()
      const atFront = end === 'start'
      const frozen = (call: () => unknown) => expectCode('ERR_EV_STATE', call)
      // What works while the end is frozen is refused while the start is, and the other way round.
      const atEnd = atFront ? (call: () => unknown) => call() : frozen
      const atStart = atFront ? frozen : (call: () => unknown) => call()
      buffer.add('one line\nand another one\nand a third')
      other.add('xyz')
      buffer.freeze(atFront)

      let length = buffer.getLength()
      atEnd(() => buffer.add(''))
      atEnd(() => buffer.commitSpace(buffer.reserveSpace(10)))
      atEnd(() => buffer.addReference('abc'))
      atEnd(() => buffer.addIovec(['Hello', ' ', 'world']))
      atEnd(() => buffer.addBuffer(other))
      const fd = file('content')
      atEnd(() => buffer.addFile(fd, 0, 7))
      if (!atFront) expect(nativeSupport.closeDescriptor(fd), 'it is still ours').to.equal(true)
      sockets.write(sockets.left, 'xyz')
      atEnd(() => expect(buffer.read(sockets.right)).to.equal(3))
      const added = 10 + 3 + 11 + 3 + 7 + 3
      expect(buffer.getLength()).to.equal(length + (atFront ? added : 0))

      length = buffer.getLength()
      atStart(() => expect(buffer.remove(1).toString()).to.equal('o'))
      atStart(() => buffer.drain(3))
      atStart(() => buffer.prepend('new'))
      atStart(() => expect(buffer.readln(EVBUFFER_EOL_LF)).to.equal('newline'))
      other.drain(other.getLength())
      atStart(() => expect(buffer.removeBuffer(other, 3)).to.equal(3))
      atStart(() => buffer.drain(1))
      other.add('pre')
      atStart(() => buffer.prependBuffer(other))
      atStart(() => expect(buffer.copyout(7).toString()).to.equal('andprea'))
      atStart(() => expect(buffer.write(sockets.left)).to.equal('andpreanother one\nand a third'.length))
      if (atFront) {
        expect(buffer.getLength()).to.equal(length)
        frozen(() => buffer.writeAtmost(sockets.left, 1))
        buffer.unfreeze(true)
        expect(buffer.remove(3).toString()).to.equal('one')
      } else {
        expect(buffer.getLength()).to.equal(0)
        buffer.unfreeze(false)
        buffer.add('again')
        expect(buffer.writeAtmost(sockets.left, 2)).to.equal(2)
        expect(buffer.remove().toString()).to.equal('ain')
      }
    })
  }

  describe('add_file', () => {
    const big = Buffer.alloc(512 * 1024)
    const random = new Random(123_456_789)
    for (let i = 0; i < big.length; i++) big[i] = random.below(256)
    const small = Buffer.from('a file that is not long')

    const cases = [
      { name: 'add_file_linear', content: small },
      { name: 'add_file_nosegment', content: small },
      { name: 'add_big_file_linear', content: big },
      { name: 'add_big_file_nosegment', content: big },
      { name: 'add_file_offset_linear', content: big, offset: big.length / 4 + 1, length: big.length / 2 - 1 },
      { name: 'add_file_offset_nosegment', content: big, offset: big.length / 4 + 1 },
    ]
    for (const { name, content, offset = 0, length } of cases) {
      for (const backend of BACKENDS) {
        it(`${name} (${backend.name})`, () => {
          using sockets = new SocketPair()
          using base = obtainEventBase(backend.options)
          using source = obtainEvBuffer()
          using target = obtainEvBuffer()
          const expected = content.subarray(offset, length === undefined ? undefined : offset + length)
          source.setFlags(EVBUFFER_FLAG_DRAINS_TO_FD)
          source.addFile(file(content), offset, length)
          expect(source.getLength()).to.equal(expected.length)
          let written = 0
          obtainEvent(base, sockets.left, EV_WRITE | EV_PERSIST, (event) => {
            written += untilBlocked(() => (source.getLength() > 0 ? source.write(sockets.left) : 0))
            if (source.getLength() === 0) event.del()
          }).add()
          obtainEvent(base, sockets.right, EV_READ | EV_PERSIST, () => {
            untilBlocked(() => target.read(sockets.right, 1024))
            if (target.getLength() === expected.length) base.loopexit()
          }).add()
          expect(base.dispatchSync()).to.equal(0)
          expect(written).to.equal(expected.length)
          expect(target.pullup()?.equals(expected)).to.equal(true)
        })
      }
    }
  })
})

// @returns the sum of what the call returns until it has nothing more, or would have to wait
function untilBlocked(call: () => number): number {
  let sum = 0
  for (;;) {
    try {
      const some = call()
      if (some === 0) return sum
      sum += some
    } catch (error) {
      if (error instanceof EventError && error.errnoName === 'EAGAIN') return sum
      throw error
    }
  }
}
