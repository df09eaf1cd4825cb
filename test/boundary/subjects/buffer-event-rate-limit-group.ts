import { BufferEventRateLimitGroup, obtainBufferEventRateLimitGroup, obtainEventBase } from 'bitcoin-support'
import { type Argument, integer, options } from '../arguments.js'
import { a, nothing } from '../outcomes.js'
import { handleMethods, type Subject } from '../subject.js'

const INT_MAX = 2 ** 31 - 1
const MOST = Number.MAX_SAFE_INTEGER

/** A limit; libevent wants a burst that is no less than its rate. */
export function limit(): Argument {
  const argument = options(
    'limit',
    integer('readRate', 10, 1, MOST),
    integer('readBurst', 20, 1, MOST),
    integer('writeRate', 10, 1, MOST),
    integer('writeBurst', 20, 1, MOST),
    integer('tick', 100, 1, INT_MAX),
  )
  const error = 'ERR_OUT_OF_RANGE' as const
  const wrong = [
    { name: 'readBurst', value: { readRate: 2, readBurst: 1 }, error },
    { name: 'writeBurst', value: { writeRate: 2, writeBurst: 1 }, error },
  ]
  return { ...argument, wrong: [...argument.wrong, ...wrong] }
}

export const bufferEventRateLimitGroup: Subject<BufferEventRateLimitGroup, undefined> = {
  name: 'BufferEventRateLimitGroup',
  type: BufferEventRateLimitGroup,
  stages: {
    open: {
      run(act) {
        using base = obtainEventBase()
        act(obtainBufferEventRateLimitGroup(base, {}), undefined)
      },
    },
    disposed: {
      run(act) {
        using base = obtainEventBase()
        const group = obtainBufferEventRateLimitGroup(base, {})
        group.dispose()
        act(group, undefined)
      },
      dead: true,
    },
    'its base disposed': {
      run(act) {
        const base = obtainEventBase()
        const group = obtainBufferEventRateLimitGroup(base, {})
        base.dispose()
        act(group, undefined)
      },
      dead: true,
    },
  },
  methods: {
    ...handleMethods,
    setCfg: { args: () => [limit()], live: nothing },
    setMinShare: { args: () => [integer('bytes', 10, 0, MOST)], live: nothing },
    getReadLimit: { live: a('number') },
    getWriteLimit: { live: a('number') },
    decrementRead: { args: () => [integer('bytes', 1, -INT_MAX, INT_MAX)], live: nothing },
    decrementWrite: { args: () => [integer('bytes', 1, -INT_MAX, INT_MAX)], live: nothing },
    getTotals: { live: a('object') },
    resetTotals: { live: nothing },
  },
}
