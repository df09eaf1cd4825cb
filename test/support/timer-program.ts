// Programs of timers that are due at one and the same microsecond: test/addon/c/timers.c runs the same.
import { EV_TIMEOUT, type EventBase, type LibEvent, obtainEvtimer } from 'bitcoin-support'

const TIMERS = 12
const AT_FIRST = 20
const STEPS = 90
const MODULUS = 2147483647

/** Prepares a program on a base: whoever runs that to its end runs it. */
export class TimerProgram {
  readonly #base: EventBase
  #state: number
  #steps = STEPS
  readonly #timers: LibEvent[]
  #order = 0
  #looks = 0
  #last = 0

  constructor(base: EventBase, seed: number) {
    this.#base = base
    this.#state = seed
    this.#timers = Array.from({ length: TIMERS }, (_, i) => obtainEvtimer(base, () => this.#onTimer(i)))
    const start = () => {
      for (let i = 0; i < AT_FIRST; i++) this.#step()
    }
    base.once(-1, EV_TIMEOUT, start, undefined, 0)
  }

  /** A hash of which timers ran, in their order, and how often the loop has looked at the clock for them. */
  get result(): number {
    return this.#order * 1000 + this.#looks
  }

  #draw(below: number): number {
    this.#state = (this.#state * 48271) % MODULUS
    return this.#state % below
  }

  #step(): void {
    const timer = this.#timers[this.#draw(TIMERS)]
    if (this.#draw(4) === 0) timer?.del()
    else timer?.add(1)
    this.#steps -= 1
  }

  #onTimer(number: number): void {
    const now = this.#base.gettimeofdayCached()
    if (now !== this.#last) this.#looks += 1
    this.#last = now
    this.#order = (this.#order * 31 + number + 1) % MODULUS
    for (let i = this.#draw(4); i > 0 && this.#steps > 0; i--) this.#step()
  }
}
