import { EventError } from '../../native/errors.js'
import { BoundCallback } from '../bound-callback.js'
import { collectErrors, throwCollected } from '../buffer-changes.js'
import { EV_TIMEOUT, EVBUFFER_CB_ENABLED } from '../constants.js'
import type { EventBase } from '../loop/event-base.js'

/** How a buffer has changed. */
export interface EvBufferCbInfo {
  /** How many bytes it held before. */
  readonly origSize: number
  /** How many bytes have been added. */
  readonly nAdded: number
  /** How many bytes have been taken or dropped. */
  readonly nDeleted: number
}

/** What this needs of an EvBuffer. */
interface Changing {
  readonly disposed: boolean
  getLength(): number
}

interface Entry {
  readonly id: number
  readonly callback: unknown
  readonly arg: unknown
  readonly bound: BoundCallback<[info: EvBufferCbInfo]>
  flags: number
}

/** A buffer's callbacks. */
export class BufferCallbacks<B extends Changing> {
  readonly #buffer: B
  /** The newest first, as libevent calls them. */
  readonly #entries: Entry[] = []
  #lastId = 0
  #base: EventBase | undefined
  #deferred: { added: number; deleted: number } | undefined

  constructor(buffer: B) {
    this.#buffer = buffer
  }

  get empty(): boolean {
    return this.#entries.length === 0
  }

  add<A>(callback: (buffer: B, info: EvBufferCbInfo, arg: A) => void, arg: A): number {
    this.#lastId += 1
    const bound = new BoundCallback('EvBuffer', (info: EvBufferCbInfo) => callback(this.#buffer, info, arg))
    this.#entries.unshift({ id: this.#lastId, callback, arg, bound, flags: EVBUFFER_CB_ENABLED })
    return this.#lastId
  }

  #indexOf(matches: (entry: Entry) => boolean): number {
    const index = this.#entries.findIndex(matches)
    if (index === -1) throw new EventError('ERR_EV_NOT_FOUND', 'the buffer has no such callback')
    return index
  }

  remove(callback: unknown, arg: unknown): void {
    this.#entries.splice(
      this.#indexOf((entry) => entry.callback === callback && entry.arg === arg),
      1,
    )
  }

  removeEntry(id: number): void {
    this.#entries.splice(
      this.#indexOf((entry) => entry.id === id),
      1,
    )
  }

  setFlags(id: number, flags: number, on: boolean): void {
    const entry = this.#entries[this.#indexOf((one) => one.id === id)] as Entry
    entry.flags = on ? entry.flags | flags : entry.flags & ~flags
  }

  defer(base: EventBase): void {
    this.#base = base
  }

  changed(origSize: number, nAdded: number, nDeleted: number, errors: unknown[]): void {
    const base = this.#base
    if (base === undefined || base.disposed) {
      this.#run({ origSize, nAdded, nDeleted }, errors)
      return
    }
    if (this.#deferred === undefined) base.once(-1, EV_TIMEOUT, () => this.#runDeferred())
    const { added, deleted } = this.#deferred ?? { added: 0, deleted: 0 }
    this.#deferred = { added: added + nAdded, deleted: deleted + nDeleted }
  }

  #runDeferred(): void {
    const { added, deleted } = this.#deferred ?? { added: 0, deleted: 0 }
    this.#deferred = undefined
    if (this.#buffer.disposed) return
    const errors: unknown[] = []
    const origSize = this.#buffer.getLength() + deleted - added
    this.#run({ origSize, nAdded: added, nDeleted: deleted }, errors)
    throwCollected(errors)
  }

  #run(info: EvBufferCbInfo, errors: unknown[]): void {
    for (const entry of [...this.#entries]) {
      if (!this.#entries.includes(entry) || (entry.flags & EVBUFFER_CB_ENABLED) === 0) continue
      if (this.#buffer.disposed) return
      collectErrors(errors, () => entry.bound.run(info))
    }
  }
}
