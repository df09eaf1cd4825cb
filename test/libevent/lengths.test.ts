// Wrong lengths in C's functions that take a length besides the bytes.
import { EV_READ, EVLOOP_NONBLOCK, obtainBufferEventPair, obtainEvBuffer, obtainEventBase } from 'bitcoin-support'
import {
  bufferevent_read,
  bufferevent_write,
  evbuffer_add,
  evbuffer_copyout,
  evbuffer_get_length,
  evbuffer_prepend,
  evbuffer_remove,
  evhttp_uriencode,
} from 'bitcoin-support/libevent'
import { expect } from 'chai'
import { thrownBy } from '../support/errors.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'

/** What takes a string or bytes with their length. @returns what became of them */
const WRITERS: Readonly<Record<string, (data: string | Uint8Array, length: number) => string>> = {
  evbuffer_add: (data, length) => {
    using buffer = obtainEvBuffer()
    expect(evbuffer_add(buffer, data, length)).to.equal(0)
    return buffer.remove().toString()
  },
  evbuffer_prepend: (data, length) => {
    using buffer = obtainEvBuffer()
    expect(evbuffer_prepend(buffer, data, length)).to.equal(0)
    return buffer.remove().toString()
  },
  bufferevent_write: (data, length) => {
    using base = obtainEventBase()
    const [left, right] = obtainBufferEventPair(base)
    right.enable(EV_READ)
    expect(bufferevent_write(left, data, length)).to.equal(0)
    base.loopSync(EVLOOP_NONBLOCK)
    return right.read().toString()
  },
  evhttp_uriencode: (data, length) => decodeURIComponent(evhttp_uriencode(data, length, 0)),
}

/** What fills memory as far as a length says. @returns how many bytes */
const READERS: Readonly<Record<string, (target: Uint8Array, length: number) => number>> = {
  evbuffer_remove: (target, length) => {
    using buffer = obtainEvBuffer()
    buffer.add('content')
    return evbuffer_remove(buffer, target, length)
  },
  evbuffer_copyout: (target, length) => {
    using buffer = obtainEvBuffer()
    buffer.add('content')
    return evbuffer_copyout(buffer, target, length)
  },
  bufferevent_read: (target, length) => {
    using base = obtainEventBase()
    const [left, right] = obtainBufferEventPair(base)
    right.enable(EV_READ)
    left.write('content')
    base.loopSync(EVLOOP_NONBLOCK)
    return bufferevent_read(right, target, length)
  },
}

function expectRefusal(call: () => unknown, message?: RegExp): void {
  const error = thrownBy(call)
  expect(error).to.be.instanceOf(RangeError).with.property('code', 'ERR_OUT_OF_RANGE')
  if (message !== undefined) expect((error as RangeError).message).to.match(message)
}

describe("C's names: lengths", () => {
  checkLiveCountsAfterEach()

  for (const [name, write] of Object.entries(WRITERS)) {
    describe(name, () => {
      it('takes a string with its length in bytes, and no other', () => {
        for (const text of ['', 'plain', 'é', 'wället', '₿', '😀', 'a\0b']) {
          const length = Buffer.byteLength(text)
          expect(write(text, length)).to.equal(text)
          if (length > 0) expectRefusal(() => write(text, length - 1), new RegExp(` ${length}, the string's length`))
          expectRefusal(() => write(text, length + 1))
          if (text.length !== length) expectRefusal(() => write(text, text.length))
        }
      })

      it('takes the first of bytes, and no more than there are', () => {
        const bytes = Buffer.from('wället')
        expect(write(bytes, 7)).to.equal('wället')
        expect(write(bytes, 3)).to.equal('wä')
        expect(write(bytes, 0)).to.equal('')
        expectRefusal(() => write(bytes, 8))
      })

      it('takes no length that is none', () => {
        for (const length of [0.5, Number.NaN, Infinity, 2 ** 60]) expectRefusal(() => write('plain', length))
        for (const length of ['5', null, 5n])
          expect(() => write('plain', length as unknown as number)).to.throw(TypeError)
        if (name !== 'evhttp_uriencode') expectRefusal(() => write('plain', -1))
      })
    })
  }

  it('evhttp_uriencode takes all when the length is below 0', () => {
    expect(evhttp_uriencode('wället', -1, 0)).to.equal('w%C3%A4llet')
    expect(evhttp_uriencode(Buffer.from('wället'), -1, 0)).to.equal('w%C3%A4llet')
  })

  for (const [name, read] of Object.entries(READERS)) {
    it(`${name} fills no more memory than there is`, () => {
      const target = Buffer.alloc(5, '.')
      expect(read(target, 3)).to.equal(3)
      expect(target.toString()).to.equal('con..')
      expect(read(target, 5)).to.equal(5)
      expectRefusal(() => read(target, 6))
      expectRefusal(() => read(target, -1))
    })
  }

  it('leave a buffer as it was when they refuse', () => {
    using buffer = obtainEvBuffer()
    expectRefusal(() => evbuffer_add(buffer, 'é', 1))
    expectRefusal(() => evbuffer_prepend(buffer, 'é', 1))
    expect(evbuffer_get_length(buffer)).to.equal(0)
  })
})
