import type { EventBase } from 'bitcoin-support'

/** The two ways to run a base to its end; most of what libevent promises holds for both. */
export const LOOP_MODES: readonly { readonly name: string; run(base: EventBase): Promise<0 | 1> }[] = [
  { name: 'dispatch()', run: (base) => base.dispatch() },
  { name: 'dispatchSync()', run: async (base) => base.dispatchSync() },
]

/** A timeout in ms that no test waits for. */
export const NEVER = 3_600_000
