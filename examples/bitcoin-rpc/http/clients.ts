import type { EvHttpConnection } from 'bitcoin-support'
import type { AllowList } from '../auth/allow-list.js'
import { groupOf, parseNetAddress } from '../auth/net-address.js'

/** Whoever is at the other end of a connection. */
export interface Client {
  readonly connection: EvHttpConnection | undefined
  readonly allowed: boolean
  /** The same for all connections of its host. */
  readonly name: string
  /** Whether it has a request that was put off: a connection's next one begins when this one is answered. */
  waiting: boolean
}

/** One that has no connection any more. */
export const STRANGER: Client = Object.freeze({ connection: undefined, allowed: false, name: '', waiting: false })

/** The connections that have asked something. Each is judged once, since its peer does not change. */
export class Clients {
  readonly #allowList: AllowList
  readonly #known = new Map<EvHttpConnection, Client>()
  /** Those whose answers a shutdown waits for, once there is one. */
  #owed: Set<EvHttpConnection> | undefined
  #whenNoneIsOwed: (() => void) | undefined

  /** @param allowList - who may ask */
  constructor(allowList: AllowList) {
    this.#allowList = allowList
  }

  /**
   * @param connection - a request's connection
   * @returns whose it is
   */
  of(connection: EvHttpConnection): Client {
    return this.#known.get(connection) ?? this.#meet(connection)
  }

  /**
   * Calls back once, as soon as every request that was put off is answered and every reply is written, or their connections
   * are gone. That may be now.
   */
  whenNoneIsOwed(callback: () => void): void {
    this.#whenNoneIsOwed = callback
    this.#owed = new Set(this.#known.keys())
    for (const [connection, client] of this.#known) if (!client.waiting) this.#settle(connection, this.#owed)
    this.#notify()
  }

  /** The client's request that was put off has been answered. */
  answered(client: Client): void {
    client.waiting = false
    const { connection } = client
    if (connection === undefined || !this.#owed?.has(connection)) return
    this.#settle(connection, this.#owed)
    this.#notify()
  }

  #meet(connection: EvHttpConnection): Client {
    const { kind, address } = connection.getPeer()
    const bytes = kind === 'tcp' ? parseNetAddress(address) : undefined
    const client =
      bytes === undefined
        ? { ...STRANGER, connection }
        : { connection, allowed: this.#allowList.allows(address), name: groupOf(bytes), waiting: false }
    this.#known.set(connection, client)
    connection.setClosecb(() => this.#forget(connection))
    return client
  }

  #forget(connection: EvHttpConnection): void {
    this.#known.delete(connection)
    this.#owed?.delete(connection)
    this.#notify()
  }

  /** Nothing is owed to a connection whose replies the system has taken. */
  #settle(connection: EvHttpConnection, owed: Set<EvHttpConnection>): void {
    const output = connection.getBufferevent().getOutput()
    if (output.getLength() === 0) {
      owed.delete(connection)
      return
    }
    const entry = output.addCb(() => {
      if (output.getLength() > 0) return
      output.removeCbEntry(entry)
      owed.delete(connection)
      this.#notify()
    })
  }

  #notify(): void {
    if (this.#owed === undefined || this.#owed.size > 0) return
    const callback = this.#whenNoneIsOwed
    this.#whenNoneIsOwed = undefined
    callback?.()
  }
}
