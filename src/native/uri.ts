import type { HandleNumber } from './handles.js'

/** What the addon exports for URIs and lists. `owner` is 0 for an owned list, 1 and 2 for a request's headers. */
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

  keyvalqNew(): HandleNumber
  keyvalqFindHeader(list: HandleNumber, owner: number, name: string): string | undefined
  keyvalqAddHeader(list: HandleNumber, owner: number, name: string, value: string): void
  keyvalqRemoveHeader(list: HandleNumber, owner: number, name: string): boolean
  keyvalqClearHeaders(list: HandleNumber, owner: number): void
  keyvalqListHeaders(list: HandleNumber, owner: number): string[]
  keyvalqParseQuery(list: HandleNumber, text: string, whole: boolean): void
}
