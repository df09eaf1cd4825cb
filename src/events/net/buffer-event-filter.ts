import { checkBytes, checkInteger, isBytes, typeError } from '../../util/validation.js'

/**
 * What a filter's function makes of its source:
 * - `undefined`: nothing yet; it is called again when there is more (`BEV_NEED_MORE`);
 * - a string, which goes as UTF-8, or bytes: all of the source is used up, and this goes on;
 * - an object, when only a part of the source is used up.
 */
export type BufferEventFilterResult =
  | undefined
  | string
  | Uint8Array
  | {
      /** How many bytes of the source are used up; the rest is there again the next time. */
      consumed: number
      /** What goes on; default nothing. */
      output?: string | Uint8Array
    }

/**
 * One direction of a filter. Throwing fails the filter (`BEV_ERROR`): the source stays, and the event callback is told
 * `BEV_EVENT_ERROR`.
 *
 * It is called again at once as long as it uses some of the source up and some is left.
 *
 * @param source - a copy of the bytes that wait: of the underlying bufferevent's input, or of the filter's output
 * @param limit - how many bytes should go on at most; `undefined`: as many as there are. More is no error.
 * @param mode - `BEV_NORMAL`; `BEV_FLUSH` or `BEV_FINISHED` inside `flush()`, also without a source
 * @param arg - what was given with the functions
 */
export type BufferEventFilter<A = undefined> = (
  source: Buffer,
  limit: number | undefined,
  mode: number,
  arg: A,
) => BufferEventFilterResult

/** @returns how many bytes of `source` a function has used up, and what it has made */
export function filterResult(
  source: Uint8Array,
  result: BufferEventFilterResult,
): [consumed: number, output: string | Uint8Array | undefined] {
  if (result === undefined) return [0, undefined]
  if (typeof result === 'string' || isBytes(result)) return [source.byteLength, result]
  if (typeof result !== 'object' || result === null) {
    throw typeError('the result of a filter', 'undefined, a string, a Uint8Array or an object', result)
  }
  checkInteger(result.consumed, 'consumed', 0, source.byteLength)
  if (result.output !== undefined) checkBytes(result.output, 'output')
  return [result.consumed, result.output]
}
