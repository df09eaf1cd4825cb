// Tokens by which other threads reach an event or a base of this thread. They are numbers of 64 bits, with types of their own, so
// that TypeScript takes no other number for one.
declare const ofEvent: unique symbol
declare const ofBase: unique symbol

/** What {@link LibEvent.share} makes. It may be sent to any thread, which opens it by {@link EventToken.open}. */
export type EventShareToken = bigint & {
  /** For TypeScript alone. */
  readonly [ofEvent]: true
}

/** What {@link EventBase.share} makes; its messages are `T`. */
export type EventBaseShareToken<T = unknown> = bigint & {
  /** For TypeScript alone. */
  readonly [ofBase]: (message: T) => void
}
