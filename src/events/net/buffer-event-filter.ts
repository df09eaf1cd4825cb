import { checkBytes, checkInteger, isBytes, typeError } from '../../util/validation.js'

/**
 * What a filter's function returns:
 * - `undefined`: it needs more (`BEV_NEED_MORE`), and is called again when more has arrived;
 * - a string, which goes as UTF-8, or bytes: all of the source is used up, and this is passed on;
 * - an object, when only a part of the source is used up.
 */
export type BufferEventFilterResult =
  | undefined
  | string
  | Uint8Array
  | {
      /** How many bytes of the source are used up; the next call gets the rest again. */
      consumed: number
      /** What is passed on; default nothing. */
      output?: string | Uint8Array
    }

/**
 * One direction of a filter. If it throws, the filter fails (`BEV_ERROR`): the source stays, and the event callback gets
 * `BEV_EVENT_ERROR`.
 *
 * It is called again at once as long as it uses up some of the source and some is left.
 *
 * @param source - a copy of the waiting bytes: of the underlying bufferevent's input, or of the filter's output
 * @param limit - how many bytes should be passed on at most; `undefined` for any number. More is no error.
 * @param mode - `BEV_NORMAL`; `BEV_FLUSH` or `BEV_FINISHED` inside `flush()`, also without a source
 * @param arg - what was given with the functions
 */
export type BufferEventFilter<A = undefined> = (
  source: Buffer,
  limit: number | undefined,
  mode: number,
  arg: A,
) => BufferEventFilterResult

/** @returns how many bytes of `source` a function has used up, and its output */
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
