import { AsyncResource } from 'node:async_hooks'

/** A callback with the async context in which it was set. */
export class BoundCallback<Args extends unknown[], Result = void> {
  readonly #callback: (...args: Args) => Result
  readonly #resource: AsyncResource

  /** @param name - what async hooks show */
  constructor(name: string, callback: (...args: Args) => Result) {
    this.#callback = callback
    this.#resource = new AsyncResource(name, { requireManualDestroy: true })
  }

  run(...args: Args): Result {
    return this.#resource.runInAsyncScope(this.#callback, undefined, ...args)
  }
}
