// The error of a lookup that has failed.

import { EventError } from '../../native/errors.js'
import { native } from '../../native/native.js'

/**
 * @param host - what was looked up, as the error names it
 * @param eai - `EVUTIL_EAI_*`
 */
export function lookupError(host: string, eai: number): EventError {
  const system = { errno: native.gaiErrno(eai), syscall: 'getaddrinfo' }
  return new EventError('ERR_EV_DNS', `${host} was not found: ${native.gaiStrerror(eai)}`, system)
}
