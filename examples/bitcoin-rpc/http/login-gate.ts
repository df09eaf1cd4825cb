import { EV_TIMEOUT, type EventBase, type LibEvent, obtainEvent } from 'bitcoin-support'
import type { Work } from './work-queue.js'

/** How many wrong passwords of one peer wait for their answers at once. */
const MAX_HELD = 128
/** How many more logins of one peer wait until some of those have been answered. */
const MAX_WAITING = 1024
/** How many of both may wait in all, before peers that have some get no more. */
const MAX_TOTAL = 8192
/** How many bytes the bodies of all that wait may have. */
const MAX_WAITING_BYTES = 0x04000000

interface WaitingLogin {
  readonly bytes: number
  readonly look: Work
}

interface PeerState {
  held: number
  readonly waiting: WaitingLogin[]
}

/**
 * Makes guessing slow, peer by peer. Answers to wrong passwords are held back, up to a number for each peer. Beyond that the
 * peer's logins wait unread, so a peer that does not wait for its answers gains nothing. Other peers and the work queue are not
 * affected.
 */
export class LoginGate implements Disposable {
  readonly #base: EventBase
  readonly #delay: number
  readonly #peers = new Map<string, PeerState>()
  readonly #timers = new Set<LibEvent>()
  #total = 0
  #waitingBytes = 0

  /**
   * @param base - the event base to run in
   * @param delay - for how long the answer to a wrong password is held back, in ms
   */
  constructor(base: EventBase, delay: number) {
    this.#base = base
    this.#delay = delay
  }

  /**
   * @param peer - who logs in
   * @returns whether the login may be looked at now
   */
  isOpenTo(peer: string): boolean {
    const state = this.#peers.get(peer)
    return state === undefined || (state.held < MAX_HELD && this.#total < MAX_TOTAL)
  }

  /**
   * Keeps a login until the gate is open to its peer.
   *
   * @param peer - who logs in; the gate is not open to it
   * @param login - the length of the body that is kept with it, and what looks at it then
   * @returns false when too many logins wait already
   */
  wait(peer: string, login: WaitingLogin): boolean {
    const waiting = this.#peers.get(peer)?.waiting ?? []
    if (waiting.length >= MAX_WAITING || this.#total >= MAX_TOTAL) return false
    if (this.#waitingBytes + login.bytes > MAX_WAITING_BYTES) return false
    waiting.push(login)
    this.#total += 1
    this.#waitingBytes += login.bytes
    return true
  }

  /**
   * Puts off the answer to a wrong password.
   *
   * @param peer - who has sent it
   * @param answer - sends it
   */
  holdBack(peer: string, answer: Work): void {
    const state = this.#peers.get(peer) ?? { held: 0, waiting: [] }
    this.#peers.set(peer, state)
    state.held += 1
    this.#total += 1
    const timer = obtainEvent(this.#base, -1, EV_TIMEOUT, () => {
      this.#timers.delete(timer)
      timer.dispose()
      state.held -= 1
      this.#total -= 1
      answer()
      this.#goOn(peer, state)
    })
    this.#timers.add(timer)
    timer.add(this.#delay)
  }

  /** Forgets what waits. */
  [Symbol.dispose](): void {
    for (const timer of this.#timers) timer.dispose()
    this.#timers.clear()
    this.#peers.clear()
  }

  #goOn(peer: string, state: PeerState): void {
    while (state.held < MAX_HELD) {
      const login = state.waiting.shift()
      if (login === undefined) break
      this.#total -= 1
      this.#waitingBytes -= login.bytes
      login.look()
    }
    if (state.held === 0) this.#peers.delete(peer)
  }
}
