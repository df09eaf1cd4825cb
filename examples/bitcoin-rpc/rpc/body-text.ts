import { isUtf8 } from 'node:buffer'

/** A request's body, in the two forms in which the library gives it. */
export interface Body {
  body(): Uint8Array
  /** Where the bytes are no UTF-8, replacement characters. */
  bodyText(): string
}

const REPLACEMENT_CHARACTER = '\ufffd'

/**
 * @param body - a request's body
 * @returns its text, or undefined when it is no UTF-8
 */
export function textOf(body: Body): string | undefined {
  const text = body.bodyText()
  // The character may have been sent as such: only the bytes tell.
  return text.includes(REPLACEMENT_CHARACTER) && !isUtf8(body.body()) ? undefined : text
}
