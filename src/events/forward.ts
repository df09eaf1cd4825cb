/**
 * Forward declarations, as in C, of classes that name each other: a base lists its events, and an event knows its base. The
 * module of the lower class imports the name from here. The module of the upper class completes it, so that it is the same type.
 */

// biome-ignore lint/suspicious/noEmptyInterface: lib-event.ts completes it
export interface LibEvent {}
// biome-ignore lint/suspicious/noEmptyInterface: ev-http-connection.ts completes it
export interface EvHttpConnection {}
