import type { AsyncResource } from 'node:async_hooks'

/** A callback with the async context in which it was set. */
export class BoundCallback<Args extends unknown[]> {
  constructor(
    readonly callback: (...args: Args) => void,
    readonly resource: AsyncResource,
  ) {}

  run(...args: Args): void {
    this.resource.runInAsyncScope(this.callback, undefined, ...args)
  }
}
