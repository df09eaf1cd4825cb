// Random operations on a few buffers, each compared with a plain array of bytes.
import { EVBUFFER_EOL_LF, type EvBuffer, obtainEvBuffer } from 'bitcoin-support'
import { expect } from 'chai'
import { Random } from '../../boundary/random.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'

const BUFFERS = 4
const STEPS = 4000
/** BUFFER_SEEDS=100-199 tries others. */
const [FIRST = 1, LAST = FIRST] = (process.env.BUFFER_SEEDS ?? '1-6').split('-').map(Number)
const SEEDS = Array.from({ length: LAST - FIRST + 1 }, (_, i) => FIRST + i)

class Pair implements Disposable {
  readonly buffer: EvBuffer
  content: Buffer = Buffer.alloc(0)
  /** What the callback has summed up. */
  length = 0

  constructor() {
    this.buffer = obtainEvBuffer()
    this.buffer.addCb((_, { origSize, nAdded, nDeleted }) => {
      expect(origSize, 'changes come in order').to.equal(this.length)
      this.length = origSize + nAdded - nDeleted
    })
  }

  add(bytes: Uint8Array): void {
    this.content = Buffer.concat([this.content, bytes])
  }

  prepend(bytes: Uint8Array): void {
    this.content = Buffer.concat([bytes, this.content])
  }

  take(size: number): Buffer {
    const taken = this.content.subarray(0, size)
    this.content = this.content.subarray(size)
    return taken
  }

  check(): void {
    const { buffer, content } = this
    expect([buffer.getLength(), this.length]).to.deep.equal([content.length, content.length])
    expect(Buffer.concat(buffer.peek()).equals(content), 'peek()').to.equal(true)
    expect(buffer.copyout().equals(content), 'copyout()').to.equal(true)
  }

  [Symbol.dispose](): void {
    this.buffer.dispose()
  }
}

function run(random: Random): void {
  const pairs = Array.from({ length: BUFFERS }, () => new Pair())
  try {
    operate(random, pairs)
  } finally {
    for (const pair of pairs) pair[Symbol.dispose]()
  }
}

function operate(random: Random, pairs: Pair[]): void {
  const pick = () => random.pick(pairs) as Pair
  const size = () => random.pick([0, 1, 2, 3, 17, 300, 1500, 5000]) as number
  const bytes = () => Buffer.from(Array.from({ length: size() }, () => random.pick([10, 97, 98, 99, 200]) as number))
  let references = 0
  let released = 0

  const operations: Record<string, (one: Pair, two: Pair) => void> = {
    add(one) {
      const some = bytes()
      one.buffer.add(some)
      one.add(some)
    },
    prepend(one) {
      const some = bytes()
      one.buffer.prepend(some)
      one.prepend(some)
    },
    addText(one) {
      const text = 'äß€'.repeat(random.below(600))
      one.buffer.add(text)
      one.add(Buffer.from(text))
    },
    addIovec(one) {
      const pieces = [bytes(), bytes(), bytes()]
      one.buffer.addIovec(pieces)
      for (const piece of pieces) one.add(piece)
    },
    addReference(one) {
      const some = bytes()
      references += 1
      one.buffer.addReference(some, () => {
        released += 1
      })
      one.add(some)
      // Both have copies.
      some.fill(0)
    },
    drain(one) {
      const count = size()
      one.buffer.drain(count)
      one.take(count)
    },
    remove(one) {
      const count = size()
      expect(one.buffer.remove(count).equals(one.take(count))).to.equal(true)
    },
    removeInto(one) {
      const memory = Buffer.alloc(size())
      const count = one.buffer.remove(memory)
      expect(memory.subarray(0, count).equals(one.take(memory.length))).to.equal(true)
    },
    copyoutFrom(one) {
      const from = random.below(one.content.length + 1)
      const count = size()
      expect(one.buffer.copyoutFrom(from, count).equals(one.content.subarray(from, from + count))).to.equal(true)
    },
    peekFrom(one) {
      const from = random.below(one.content.length + 1)
      const count = size()
      const seen = Buffer.concat(one.buffer.peek(count, from))
      expect(seen.equals(one.content.subarray(from, from + count))).to.equal(true)
    },
    pullup(one) {
      const count = 1 + size()
      const whole = one.buffer.pullup(count)
      if (count > one.content.length) expect(whole).to.equal(null)
      else expect(whole?.equals(one.content.subarray(0, count))).to.equal(true)
    },
    readln(one) {
      const line = one.buffer.readln(EVBUFFER_EOL_LF, 'buffer')
      const end = one.content.indexOf(10)
      if (end === -1) {
        expect(line).to.equal(undefined)
      } else {
        expect(line?.equals(one.take(end))).to.equal(true)
        one.take(1)
      }
    },
    search(one) {
      const what = bytes().subarray(0, 1 + random.below(3))
      const from = random.below(one.content.length + 1)
      const to = from + random.below(one.content.length + 1 - from)
      const found = one.content.subarray(0, to).indexOf(what, from)
      const empty = what.length === 0
      expect(one.buffer.searchRange(what, from, to)).to.equal(empty ? from : found)
    },
    addBuffer(one, two) {
      one.buffer.addBuffer(two.buffer)
      if (one !== two) one.add(two.take(two.content.length))
    },
    prependBuffer(one, two) {
      one.buffer.prependBuffer(two.buffer)
      if (one !== two) one.prepend(two.take(two.content.length))
    },
    removeBuffer(one, two) {
      const count = size()
      const moved = one.buffer.removeBuffer(two.buffer, count)
      expect(moved).to.equal(one === two ? 0 : Math.min(count, one.content.length))
      if (one !== two) two.add(one.take(count))
    },
    addBufferReference(one, two) {
      try {
        one.buffer.addBufferReference(two.buffer)
      } catch (error) {
        // Of references there are none.
        expect(error).to.have.property('code', 'ERR_EV_STATE')
        return
      }
      one.add(two.content)
    },
    reserve(one) {
      const some = bytes()
      const space = one.buffer.reserveSpace(some.length + random.below(100))
      space.set(some)
      one.buffer.commitSpace(space.subarray(0, some.length))
      one.add(some)
    },
    expand(one) {
      one.buffer.expand(size())
    },
    renew(one) {
      if (!random.percent(10)) return
      one.buffer.dispose()
      pairs[pairs.indexOf(one)] = new Pair()
    },
  }

  const names = Object.keys(operations)
  for (let step = 0; step < STEPS; step++) {
    const name = random.pick(names) as string
    operations[name]?.(pick(), pick())
    if (step % 7 === 0) for (const pair of pairs) pair.check()
    for (const pair of pairs) if (pair.content.length > 200_000) operations.renew?.(pair, pair)
  }
  for (const pair of pairs) pair.buffer.dispose()
  expect(released, 'references that were let go').to.equal(references)
}

describe('EvBuffer beside a model of it', function () {
  this.timeout(60_000)
  checkLiveCountsAfterEach()

  for (const seed of SEEDS) {
    it(`holds what the model holds (seed ${seed})`, () => {
      // After a crash nothing is said any more.
      console.log(`      seed ${seed}`)
      run(new Random(seed))
    })
  }
})
