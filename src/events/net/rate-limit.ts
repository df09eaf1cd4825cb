import { checkInteger, checkObject, INT_MAX, rangeError } from '../../util/validation.js'

const NO_LIMIT = Number.MAX_SAFE_INTEGER

/** How much may pass in a time: libevent's `ev_token_bucket_cfg`. */
export interface RateLimit {
  /** Bytes read in a tick on the average; default no limit. */
  readRate?: number
  /** Bytes read in a tick at most; default `readRate`. */
  readBurst?: number
  /** Bytes written in a tick on the average; default no limit. */
  writeRate?: number
  /** Bytes written in a tick at most; default `writeRate`. */
  writeBurst?: number
  /** A tick in whole ms; default 1000. */
  tick?: number
}

/** A limit as the addon takes it. */
export type RateLimitArguments = [
  readRate: number,
  readBurst: number,
  writeRate: number,
  writeBurst: number,
  tick: number,
]

/** @throws TypeError or RangeError unless `limit` is one */
export function rateLimitArguments(limit: RateLimit, name: string): RateLimitArguments {
  checkObject(limit, name)
  const { readRate = NO_LIMIT, writeRate = NO_LIMIT, tick = 1000 } = limit
  const { readBurst = readRate, writeBurst = writeRate } = limit
  checkInteger(readRate, 'readRate', 1, NO_LIMIT)
  checkInteger(writeRate, 'writeRate', 1, NO_LIMIT)
  checkInteger(readBurst, 'readBurst', 1, NO_LIMIT)
  checkInteger(writeBurst, 'writeBurst', 1, NO_LIMIT)
  if (readBurst < readRate) throw rangeError('readBurst', 'no less than readRate', readBurst)
  if (writeBurst < writeRate) throw rangeError('writeBurst', 'no less than writeRate', writeBurst)
  checkInteger(tick, 'tick', 1, INT_MAX)
  return [readRate, readBurst, writeRate, writeBurst, tick]
}
