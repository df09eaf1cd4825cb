// What both JSON-RPC servers of the benchmark do with a request, so that they differ in HTTP alone.
import { timingSafeEqual } from 'node:crypto'

/** The login that the load generator uses. */
export const AUTHORIZATION = `Basic ${Buffer.from('bench:secret').toString('base64')}`

const expected = Buffer.from(AUTHORIZATION)

/** Whether the request may be answered, found out in constant time. */
export function isAuthorized(header: string | undefined): boolean {
  const given = Buffer.from(header ?? '')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** Answers one call of `getblockcount`. */
export function answer(body: string): string {
  const call = JSON.parse(body) as { id: unknown; method: string }
  const result = call.method === 'getblockcount' ? 170 : null
  return `${JSON.stringify({ jsonrpc: '2.0', result, id: call.id })}\n`
}
