import type { AsyncResource } from 'node:async_hooks'

/** A callback with the async context in which it was set. */
export class BoundCallback<Args extends unknown[], Result = void> {
  constructor(
    readonly callback: (...args: Args) => Result,
    readonly resource: AsyncResource,
  ) {}

  run(...args: Args): Result {
    return this.resource.runInAsyncScope(this.callback, undefined, ...args)
  }
}
