import type { HandleNumber } from './handles.js'

/** What the addon exports for buffers. */
export interface NativeBuffers {
  bufferNew(): HandleNumber
  bufferGetLength(buffer: HandleNumber): number
  bufferAdd(buffer: HandleNumber, data: string | Uint8Array): void
  bufferPrepend(buffer: HandleNumber, data: string | Uint8Array): void
  bufferDrain(buffer: HandleNumber, size: number): void
  bufferRemove(buffer: HandleNumber, size: number): Buffer
  bufferRemoveInto(buffer: HandleNumber, into: Uint8Array): number
  bufferCopyout(buffer: HandleNumber, start: number, size: number): Buffer
  bufferCopyoutInto(buffer: HandleNumber, start: number, into: Uint8Array): number
  bufferAddIovec(buffer: HandleNumber, pieces: readonly (string | Uint8Array)[]): void
  bufferAddBuffer(buffer: HandleNumber, other: HandleNumber): void
  bufferPrependBuffer(buffer: HandleNumber, other: HandleNumber): void
  bufferAddBufferReference(buffer: HandleNumber, other: HandleNumber): void
  bufferRemoveBuffer(buffer: HandleNumber, into: HandleNumber, size: number): number
  bufferExpand(buffer: HandleNumber, size: number): void
  bufferGetContiguousSpace(buffer: HandleNumber): number
  bufferFreeze(buffer: HandleNumber, atFront: boolean, frozen: boolean): void
  bufferSetFlags(buffer: HandleNumber, flags: number, on: boolean): void
  bufferWatch(buffer: HandleNumber, on: boolean): void
  bufferTakeChanges(): number[]

  bufferSearch(buffer: HandleNumber, what: string | Uint8Array, start: number, end: number): number
  bufferSearchEol(buffer: HandleNumber, start: number, style: number): [position: number, length: number] | undefined
  bufferReadln(buffer: HandleNumber, style: number, text: boolean): string | Buffer | undefined
  bufferPeek(buffer: HandleNumber, start: number, size: number): Buffer[]

  bufferAddReference(buffer: HandleNumber, data: string | Uint8Array, key: number): void
  bufferAddFile(buffer: HandleNumber, fd: number, offset: number, length: number): void
  bufferRead(buffer: HandleNumber, fd: number, size: number): number
  bufferWrite(buffer: HandleNumber, fd: number, size: number): number
}
