import { type EventBase, type EvHttpConnection, obtainEventBase, obtainEvHttpConnectionBase } from 'bitcoin-support'
import { turn } from './deferred.js'

/** A client's connection on a base that is being dispatched. Disposing it ends both. */
export class HttpPeer implements AsyncDisposable {
  readonly base: EventBase = obtainEventBase()
  readonly connection: EvHttpConnection
  /** The result of `dispatch()`. */
  readonly dispatched: Promise<0 | 1>

  /** @param target - the port of 127.0.0.1 to connect to, or what makes the connection */
  constructor(target: number | ((base: EventBase) => EvHttpConnection)) {
    this.connection =
      typeof target === 'number' ? obtainEvHttpConnectionBase(this.base, '127.0.0.1', target) : target(this.base)
    this.dispatched = this.base.dispatch()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.dispose()
    this.base.dispose()
    await this.dispatched
    await turn()
  }
}
