import type { HandleNumber } from './handles.js'

/** What the addon exports for URIs and the encodings of their parts. */
export interface NativeUri {
  uriNew(text: string | undefined, flags: number): HandleNumber
  uriGet(uri: HandleNumber, part: number): string | undefined
  uriSet(uri: HandleNumber, part: number, text: string | undefined): void
  uriGetPort(uri: HandleNumber): number
  uriSetPort(uri: HandleNumber, port: number): void
  uriSetFlags(uri: HandleNumber, flags: number): void
  uriJoin(uri: HandleNumber): string
  uriEncode(text: string | Uint8Array, spaceAsPlus: boolean): string
  uriDecode(text: string, decodePlus: boolean): Buffer
  htmlEscape(text: string): string
}
