// The errors of a client's requests: they name the host, the phase and the limit.
import { constants } from 'node:os'
import { EventError, type EventErrorCode } from '../../native/errors.js'
import { native } from '../../native/native.js'
import { ClientFailure } from '../../native/tables.js'
import {
  EVREQ_HTTP_BUFFER_ERROR,
  EVREQ_HTTP_DATA_TOO_LONG,
  EVREQ_HTTP_EOF,
  EVREQ_HTTP_INVALID_HEADER,
  EVREQ_HTTP_REQUEST_CANCEL,
  EVREQ_HTTP_TIMEOUT,
} from '../constants.js'
import { type EventHandle, handleOf } from '../event-handle.js'
import type { EvHttpTimeouts } from './ev-http-client-options.js'

/** Settings of a client's connection that its errors name. */
export interface ConnectionTerms {
  /** Where it connects to. */
  readonly target: string
  /** How long each phase may go without progress, in ms. */
  timeouts: Readonly<Required<EvHttpTimeouts>>
  /** Whether the size of replies is limited. */
  limited: boolean
}

/** libevent's defaults. */
export const DEFAULT_TIMEOUTS: Readonly<Required<EvHttpTimeouts>> = { connect: 45_000, read: 50_000, write: 50_000 }

const FAILURES: Readonly<Record<number, readonly [EventErrorCode, string]>> = {
  [EVREQ_HTTP_TIMEOUT]: ['ERR_EV_TIMEOUT', 'the request took too long'],
  [EVREQ_HTTP_EOF]: ['ERR_EV_EOF', 'the connection ended before the reply was whole'],
  [EVREQ_HTTP_INVALID_HEADER]: ['ERR_EV_REPLY', 'the reply is malformed'],
  [EVREQ_HTTP_BUFFER_ERROR]: ['ERR_EV_LIBEVENT', 'the connection failed'],
  [EVREQ_HTTP_REQUEST_CANCEL]: ['ERR_EV_CANCELED', 'the request was cancelled'],
}

/** The ends for which the connection may know a more exact cause. */
const CAUSED: ReadonlySet<number> = new Set([EVREQ_HTTP_EOF, EVREQ_HTTP_TIMEOUT, EVREQ_HTTP_INVALID_HEADER])

/** @returns the connection's own failure, if there is one */
function failureOf(connection: EventHandle, terms: ConnectionTerms): EventError | undefined {
  const number = handleOf(connection)
  const failure = native.isLive(number) ? native.connectionGetFailure(number) : undefined
  if (failure === undefined) return undefined
  const [kind, syscall, errno, reason] = failure
  const { target, timeouts } = terms
  switch (kind) {
    case ClientFailure.lookup:
      return new EventError('ERR_EV_CONNECT', `cannot connect to ${target}: ${syscall} failed: ${reason}`, {
        errno,
        syscall,
      })
    case ClientFailure.connectTimeout: {
      const late = syscall === 'getaddrinfo' ? ': its name was still being looked up' : ''
      const message = `connect to ${target} took longer than ${timeouts.connect} ms${late}`
      return new EventError('ERR_EV_TIMEOUT', message, { errno, syscall })
    }
    case ClientFailure.readTimeout:
      return new EventError('ERR_EV_TIMEOUT', `read took longer than ${timeouts.read} ms: ${target} sent nothing more`)
    case ClientFailure.writeTimeout:
      return new EventError(
        'ERR_EV_TIMEOUT',
        `write took longer than ${timeouts.write} ms: ${target} took nothing more`,
      )
    case ClientFailure.reply:
      return new EventError('ERR_EV_REPLY', `the reply is malformed: ${reason}`)
    default: {
      const code = errno === constants.errno.ETIMEDOUT ? 'ERR_EV_TIMEOUT' : 'ERR_EV_CONNECT'
      return new EventError(code, `cannot connect to ${target}: ${syscall} failed: ${reason}`, { errno, syscall })
    }
  }
}

/** @returns the error of a request for which no connection could be made */
export function unconnectedError(connection: EventHandle, terms: ConnectionTerms): EventError {
  return failureOf(connection, terms) ?? new EventError('ERR_EV_CONNECT', `cannot connect to ${terms.target}`)
}

/**
 * @param code - `EVREQ_HTTP_*`
 * @param timeoutMs - the limit of the whole request, negative for none
 * @returns the error of a request that has failed
 */
export function requestError(
  connection: EventHandle,
  terms: ConnectionTerms,
  code: number,
  timeoutMs: number,
): EventError {
  if (code === EVREQ_HTTP_DATA_TOO_LONG) {
    return terms.limited
      ? new EventError('ERR_EV_TOO_LONG', 'the reply is longer than allowed')
      : new EventError('ERR_EV_REPLY', 'the reply is malformed')
  }
  const failure = CAUSED.has(code) ? failureOf(connection, terms) : undefined
  if (code === EVREQ_HTTP_TIMEOUT && failure?.code !== 'ERR_EV_TIMEOUT' && timeoutMs >= 0) {
    return new EventError('ERR_EV_TIMEOUT', `the request took longer than ${timeoutMs} ms`)
  }
  const [name, message] = FAILURES[code] ?? ['ERR_EV_LIBEVENT', 'the request failed']
  return failure ?? new EventError(name, message)
}
