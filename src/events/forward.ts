/**
 * Forward declarations, as in C. libevent's types name each other: a base lists its events, and an event knows its base. The
 * later module adds its class here, and the earlier one names it without importing that module.
 */
// biome-ignore lint/suspicious/noEmptyInterface: lib-event.ts and ev-http-connection.ts add to it
export interface Forward {}
