// A class under test: how an instance gets into each state, and how each method ends there.
import type { Argument } from './arguments.js'
import { is, nothing, type Outcome, type Result, resultOf } from './outcomes.js'
import type { Callable } from './surface.js'

/** What a state does with the instance that has reached it, once. */
export type Act<Handle, Context> = (handle: Handle, context: Context) => void

/** Brings an instance into a state, hands it over and clears up. */
export interface Stage<Handle, Context> {
  readonly run: (act: Act<Handle, Context>) => void | Promise<void>
  /** The instance has ended: its methods throw `ERR_EV_DISPOSED` unless they say otherwise. */
  readonly dead?: boolean
}

/** A method's arguments, and what it comes to. */
export interface Method<Context> {
  readonly args?: (context: Context) => readonly Argument[]
  /** What to do with its result before that is judged. */
  readonly use?: (result: unknown) => unknown
  /** In every state that has no outcome of its own. */
  readonly live: Outcome
  /** In those where the instance has ended. */
  readonly dead?: Outcome
  /** By state. */
  readonly in?: Readonly<Record<string, Outcome>>
}

export interface Subject<Handle extends object, Context> {
  readonly name: string
  readonly type: { readonly prototype: object }
  readonly stages: { readonly open: Stage<Handle, Context> } & Readonly<Record<string, Stage<Handle, Context>>>
  readonly methods: Readonly<Record<string, Method<Context>>>
}

/** What every handle has. */
export const handleMethods: Readonly<Record<string, Method<unknown>>> = {
  disposed: { live: is(false), dead: is(true) },
  dispose: { live: nothing, dead: nothing },
  '[Symbol.dispose]': { live: nothing, dead: nothing },
}

/** What every handle has that may lose its reference. @param itself - what is given back: the handle */
export function refMethods(itself: Outcome): Readonly<Record<string, Method<unknown>>> {
  return { ref: { live: itself }, unref: { live: itself }, hasRef: { live: is(true) } }
}

/** What is expected of a method. */
export function expectationOf<H extends object, C>(subject: Subject<H, C>, name: string): Method<C> {
  const expected = subject.methods[name]
  if (expected === undefined) throw new Error(`nothing is expected of ${name}: say so in subjects/`)
  return expected
}

/** Calls a method on anything. */
export function callMethod<C>(function_: Callable, { use }: Method<C>, receiver: unknown, args: unknown[]): Result {
  return resultOf(() => {
    const value = Reflect.apply(function_, receiver, args)
    return use === undefined ? value : use(value)
  })
}

/** What a method of `subject` comes to in a state. */
export function outcomeIn<H extends object, C>(subject: Subject<H, C>, stage: string, method: Method<C>): Outcome {
  return method.in?.[stage] ?? (subject.stages[stage]?.dead ? (method.dead ?? 'ERR_EV_DISPOSED') : method.live)
}
