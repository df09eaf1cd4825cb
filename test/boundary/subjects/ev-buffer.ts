import { EvBuffer, obtainEvBuffer } from 'bitcoin-support'
import { bytes, integer, memoryOrSize, optional } from '../arguments.js'
import { a, is, nothing } from '../outcomes.js'
import { handleMethods, type Subject } from '../subject.js'

export const BUFFER_CONTENT = 'first\r\nsecond\nthird'

const MAX_SIZE = Number.MAX_SAFE_INTEGER

/** One that its user owns, with content. */
export function filledBuffer(): EvBuffer {
  const buffer = obtainEvBuffer()
  buffer.add(BUFFER_CONTENT)
  return buffer
}

export const ownBuffer: Subject<EvBuffer, undefined> = {
  name: 'EvBuffer of its user',
  type: EvBuffer,
  stages: {
    open: {
      run(act) {
        using buffer = filledBuffer()
        act(buffer, undefined)
      },
    },
    disposed: {
      run(act) {
        const buffer = filledBuffer()
        buffer.dispose()
        act(buffer, undefined)
      },
      dead: true,
    },
  },
  methods: {
    ...handleMethods,
    getLength: { live: is(BUFFER_CONTENT.length) },
    add: { args: () => [bytes('data', 'data')], live: nothing },
    prepend: { args: () => [bytes('data', 'data')], live: nothing },
    drain: { args: () => [integer('size', 2, 0, MAX_SIZE)], live: nothing },
    remove: { args: () => [optional(memoryOrSize('size', 5))], live: is(Buffer.from('first')) },
    toString: { live: a('string'), dead: a('string') },
  },
}
