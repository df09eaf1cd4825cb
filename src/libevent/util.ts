// event2/util.h.
import type { EvutilSocket } from '../events/loop/event-base.js'
import {
  evutilAsciiStrcasecmp,
  evutilClosesocket,
  evutilMakeListenSocketReuseable,
  evutilMakeSocketCloseonexec,
  evutilMakeSocketNonblocking,
} from '../events/net/evutil.js'
import { answer } from './answer.js'

export { AF_INET, AF_INET6, AF_UNSPEC } from '../events/net/evutil.js'

/** Closes a socket that no handle owns, such as one that a listener has accepted. @returns 0, or -1 */
export function evutil_closesocket(sock: EvutilSocket): 0 | -1 {
  return answer(() => evutilClosesocket(sock))
}

/** Makes a socket non-blocking. @returns 0, or -1 */
export function evutil_make_socket_nonblocking(sock: EvutilSocket): 0 | -1 {
  return answer(() => evutilMakeSocketNonblocking(sock))
}

/** Makes the system close a descriptor when the process executes a program. @returns 0, or -1 */
export function evutil_make_socket_closeonexec(sock: EvutilSocket): 0 | -1 {
  return answer(() => evutilMakeSocketCloseonexec(sock))
}

/** Lets a socket be bound while connections of an earlier one linger. @returns 0, or -1 */
export function evutil_make_listen_socket_reuseable(sock: EvutilSocket): 0 | -1 {
  return answer(() => evutilMakeListenSocketReuseable(sock))
}

/** Compares text without regard to the case of ASCII letters. @returns less than 0, 0, or more */
export function evutil_ascii_strcasecmp(str1: string, str2: string): number {
  return evutilAsciiStrcasecmp(str1, str2)
}
