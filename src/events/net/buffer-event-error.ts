// The error that an event callback gets.
import { getSystemErrorMap } from 'node:util'
import { EventError } from '../../native/errors.js'
import { BEV_EVENT_READING, BEV_EVENT_WRITING } from './buffer-event-constants.js'
import { lookupError } from './lookup-error.js'

/**
 * @param what - `BEV_EVENT_*`
 * @param errno - C's error number, or 0
 * @param dnsError - `EVUTIL_EAI_*`, or 0
 */
export function bufferEventError(what: number, errno: number, dnsError: number): EventError {
  if (errno === 0 && dnsError !== 0) return lookupError('the host', dnsError)
  if (errno === 0) return new EventError('ERR_EV_SOCKET', 'the bufferevent has failed')
  const syscall = (what & BEV_EVENT_READING) !== 0 ? 'read' : (what & BEV_EVENT_WRITING) !== 0 ? 'write' : 'connect'
  const [name, reason] = getSystemErrorMap().get(-errno) ?? [`error ${errno}`, 'unknown']
  return new EventError('ERR_EV_SOCKET', `${syscall} failed: ${name}, ${reason}`, { errno, syscall })
}
