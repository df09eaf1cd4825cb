/**
 * Forward declarations, as C has them. libevent's types name each other: a base lists its events, an event knows its base.
 * The later module adds its class here, so that the earlier one can name it without importing it.
 */
// biome-ignore lint/suspicious/noEmptyInterface: lib-event.ts and ev-http-connection.ts add to it
export interface Forward {}
