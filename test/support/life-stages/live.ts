import { EV_TIMEOUT, type EventBase, obtainEventBase } from 'bitcoin-support'
import { LIFE_STAGES } from './index.js'
import { NEVER } from './stage.js'

// In a function it would keep what that has.
const nothing = () => {}

/**
 * Brings handles to a stage of their life, on a base that is dispatched.
 *
 * @param name - the stage
 * @param held - gets the handles; whoever drops it and what this returns has dropped them all
 * @returns the base, and a promise of what its dispatch ended with
 */
export async function reach(
  name: string,
  held: unknown[],
): Promise<{ readonly base: EventBase; readonly dispatched: Promise<0 | 1> }> {
  const stage = LIFE_STAGES[name]
  if (stage === undefined) throw new Error(`there is no stage ${name}`)
  const base = obtainEventBase()
  // Not every stage has something that waits.
  base.once(-1, EV_TIMEOUT, nothing, undefined, NEVER)
  const dispatched = base.dispatch()
  await stage(base, (value) => {
    held.push(value)
    return value
  })
  return { base, dispatched }
}

/** Ends of a process or a thread in which a stage has been reached. */
export const STAGE_ENDINGS = {
  /** Nothing keeps it running. */
  'by itself': (base: EventBase) => base.loopbreak(),
  'by process.exit()': (base: EventBase) => base.once(-1, EV_TIMEOUT, () => process.exit(7)),
  'by an exception': (base: EventBase) =>
    base.once(-1, EV_TIMEOUT, () => {
      throw new Error('boom')
    }),
} as const
