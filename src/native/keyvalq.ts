import type { HandleNumber } from './handles.js'

/** What the addon exports for lists of headers. `owner` is 0 for an owned list, 1 and 2 for a request's headers. */
export interface NativeKeyvalq {
  keyvalqNew(): HandleNumber
  keyvalqFindHeader(list: HandleNumber, owner: number, name: string): string | undefined
  keyvalqAddHeader(list: HandleNumber, owner: number, name: string, value: string): void
  keyvalqRemoveHeader(list: HandleNumber, owner: number, name: string): boolean
  keyvalqClearHeaders(list: HandleNumber, owner: number): void
  keyvalqListHeaders(list: HandleNumber, owner: number): string[]
  keyvalqParseQuery(list: HandleNumber, text: string, whole: boolean): void
}
