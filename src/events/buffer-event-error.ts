// What an event callback is told of a failure.
import { getSystemErrorMap } from 'node:util'
import { EventError } from '../util/errors.js'
import { native } from '../util/native.js'
import { BEV_EVENT_READING, BEV_EVENT_WRITING } from './buffer-event-constants.js'

/**
 * @param what - `BEV_EVENT_*`
 * @param errno - the system's error number, or 0
 * @param dnsError - `EVUTIL_EAI_*`, or 0
 */
export function bufferEventError(what: number, errno: number, dnsError: number): EventError {
  if (errno === 0 && dnsError !== 0) {
    const error = new EventError('ERR_EV_DNS', `the host was not found: ${native.gaiStrerror(dnsError)}`)
    return Object.assign(error, { errno: dnsError, syscall: 'getaddrinfo' })
  }
  if (errno === 0) return new EventError('ERR_EV_SOCKET', 'the bufferevent has failed')
  const syscall = (what & BEV_EVENT_READING) !== 0 ? 'read' : (what & BEV_EVENT_WRITING) !== 0 ? 'write' : 'connect'
  const [name, reason] = getSystemErrorMap().get(-errno) ?? [`error ${errno}`, 'unknown']
  return Object.assign(new EventError('ERR_EV_SOCKET', `${syscall} failed: ${name}, ${reason}`), { errno, syscall })
}
