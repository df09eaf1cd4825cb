// The bases on which each of libevent's own regression tests is run: its change list on and off, and its other backends.
import type { EventBaseOptions } from 'bitcoin-support'

/** A kind of base, by what it is called in a test's title. */
export interface Backend {
  readonly name: 'epoll' | 'epoll with a change list' | 'poll' | 'select'
  readonly options: EventBaseOptions
}

export const BACKENDS: readonly Backend[] = [
  { name: 'epoll', options: { changelist: false } },
  { name: 'epoll with a change list', options: { changelist: true } },
  { name: 'poll', options: { avoidMethods: ['epoll'] } },
  { name: 'select', options: { avoidMethods: ['epoll', 'poll'] } },
]
