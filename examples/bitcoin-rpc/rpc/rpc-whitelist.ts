/** Which methods a user may call: `-rpcwhitelist` and `-rpcwhitelistdefault`. */
export class RpcWhitelist {
  readonly #allowed = new Map<string, ReadonlySet<string>>()
  readonly #openByDefault: boolean

  /**
   * @param entries - each `user:method,method`; several for one user leave only what is in all of them
   * @param closedByDefault - whether users without an entry may call nothing; by default so when there is an entry
   */
  constructor(entries: readonly string[], closedByDefault = entries.length > 0) {
    this.#openByDefault = !closedByDefault
    for (const entry of entries) {
      const colon = entry.indexOf(':')
      const user = colon < 0 ? entry : entry.slice(0, colon)
      const methods = colon < 0 ? [] : entry.slice(colon + 1).split(/[, ]+/)
      const before = this.#allowed.get(user)
      const kept = methods.filter((method) => method !== '' && (before === undefined || before.has(method)))
      this.#allowed.set(user, new Set(kept))
    }
  }

  /** @returns whether the user may call anything at all */
  knows(user: string): boolean {
    return this.#openByDefault || this.#allowed.has(user)
  }

  /** @returns whether there is a list of what the user may call */
  restricts(user: string): boolean {
    return this.#allowed.has(user)
  }

  /** @returns whether the user may call the method */
  allows(user: string, method: string): boolean {
    const methods = this.#allowed.get(user)
    return methods === undefined ? this.#openByDefault : methods.has(method)
  }
}
