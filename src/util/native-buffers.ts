import type { HandleNumber } from './native-handles.js'

/** What the addon exports for buffers. */
export interface NativeBuffers {
  bufferNew(): HandleNumber
  bufferGetLength(buffer: HandleNumber): number
  bufferAdd(buffer: HandleNumber, data: string | Uint8Array): void
  bufferPrepend(buffer: HandleNumber, data: string | Uint8Array): void
  bufferDrain(buffer: HandleNumber, size: number): void
  bufferRemove(buffer: HandleNumber, size: number): Buffer
  bufferRemoveInto(buffer: HandleNumber, into: Uint8Array): number
}
