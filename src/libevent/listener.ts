// event2/listener.h.
import {
  LEV_OPT_BIND_IPV6ONLY,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_DEFERRED_ACCEPT,
  LEV_OPT_DISABLED,
  LEV_OPT_LEAVE_SOCKETS_BLOCKING,
  LEV_OPT_REUSEABLE,
  LEV_OPT_REUSEABLE_PORT,
} from '../events/constants.js'
import { EventBase, type EvutilSocket } from '../events/loop/event-base.js'
import {
  EvConnListener,
  type EvConnListenerOptions,
  obtainEvConnListener,
  obtainEvConnListenerBind,
} from '../events/net/ev-conn-listener.js'
import type { EvSocketAddress } from '../events/net/socket-address.js'
import { checkFunction, checkInteger, checkObject, checkString } from '../util/validation.js'
import { answer, orNull } from './answer.js'
import { checkCount, checkHandle } from './handles.js'

/** `evconnlistener_cb`: gets an accepted connection and the peer's address, without C's length of it. */
export type evconnlistener_cb<A> = (
  listener: EvConnListener,
  fd: EvutilSocket,
  address: EvSocketAddress,
  arg: A,
) => void

/** `evconnlistener_errorcb`: gets the errno with which `accept()` failed. */
export type evconnlistener_errorcb<A> = (listener: EvConnListener, arg: A, errno: number) => void

/** Where to bind or connect, in place of a `struct sockaddr`: an address or a path. */
export type SockAddr =
  | {
      /** An address of IPv4 or IPv6. */
      address: string
      /** 0: the system chooses one. */
      port: number
    }
  | {
      /** The name of a UNIX socket. */
      path: string
    }

/** @throws TypeError unless its fields have the right types */
export function checkSockAddr(sa: SockAddr, name: string): void {
  checkObject(sa, name)
  if ('path' in sa) {
    checkString(sa.path, `${name}.path`)
  } else {
    checkString(sa.address, `${name}.address`)
    checkCount(sa.port, `${name}.port`)
  }
}

const ALL_FLAGS = 0x1ff

function optionsOf(flags: number, backlog: number): EvConnListenerOptions {
  checkInteger(flags, 'flags', 0, ALL_FLAGS)
  checkCount(backlog, 'backlog')
  return {
    // For -1 libevent chooses.
    ...(backlog < 0 ? {} : { backlog }),
    closeOnFree: (flags & LEV_OPT_CLOSE_ON_FREE) !== 0,
    leaveSocketsBlocking: (flags & LEV_OPT_LEAVE_SOCKETS_BLOCKING) !== 0,
    disabled: (flags & LEV_OPT_DISABLED) !== 0,
    deferAccept: (flags & LEV_OPT_DEFERRED_ACCEPT) !== 0,
  }
}

/** Binds a socket, listens, and accepts on it. @returns the listener, which its base owns, or null */
export function evconnlistener_new_bind<A>(
  base: EventBase,
  cb: evconnlistener_cb<A> | null,
  ptr: A,
  flags: number,
  backlog: number,
  sa: SockAddr,
): EvConnListener | null {
  checkHandle(base, EventBase, 'base')
  checkSockAddr(sa, 'sa')
  const where = 'path' in sa ? { path: sa.path } : { host: sa.address, port: sa.port }
  return orNull(() =>
    obtainEvConnListenerBind(base, cb, ptr, {
      ...optionsOf(flags, backlog),
      ...where,
      reuseable: (flags & LEV_OPT_REUSEABLE) !== 0,
      reusePort: (flags & LEV_OPT_REUSEABLE_PORT) !== 0,
      ipv6Only: (flags & LEV_OPT_BIND_IPV6ONLY) !== 0,
    }),
  )
}

/** Accepts on a socket that is bound; a backlog of 0 means that it listens already. @returns the listener, or null */
export function evconnlistener_new<A>(
  base: EventBase,
  cb: evconnlistener_cb<A> | null,
  ptr: A,
  flags: number,
  backlog: number,
  fd: EvutilSocket,
): EvConnListener | null {
  checkHandle(base, EventBase, 'base')
  return orNull(() => obtainEvConnListener(base, cb, ptr, optionsOf(flags, backlog), fd))
}

/** Frees a listener. Its own callbacks may call this. */
export function evconnlistener_free(lev: EvConnListener): void {
  checkHandle(lev, EvConnListener, 'lev')
  lev.dispose()
}

/** Accepts again. @returns 0, or -1 */
export function evconnlistener_enable(lev: EvConnListener): 0 | -1 {
  checkHandle(lev, EvConnListener, 'lev')
  return answer(() => lev.enable())
}

/** Stops accepting. @returns 0, or -1 */
export function evconnlistener_disable(lev: EvConnListener): 0 | -1 {
  checkHandle(lev, EvConnListener, 'lev')
  return answer(() => lev.disable())
}

/** Replaces the callback. */
export function evconnlistener_set_cb<A>(lev: EvConnListener, cb: evconnlistener_cb<A> | null, arg: A): void {
  checkHandle(lev, EvConnListener, 'lev')
  lev.setCb(cb, arg)
}

/** Sets the callback for a failure of `accept()`, after which accepting stops for a while. */
export function evconnlistener_set_error_cb<A>(lev: EvConnListener, errorcb: evconnlistener_errorcb<A> | null): void {
  checkHandle(lev, EvConnListener, 'lev')
  if (errorcb !== null) checkFunction(errorcb, 'errorcb')
  lev.setErrorCb(errorcb === null ? null : (listener, errno, arg: A) => errorcb(listener, arg, -errno))
}

/** @returns the listening descriptor */
export function evconnlistener_get_fd(lev: EvConnListener): EvutilSocket {
  checkHandle(lev, EvConnListener, 'lev')
  return lev.getFd()
}

/** @returns the base that owns it */
export function evconnlistener_get_base(lev: EvConnListener): EventBase {
  checkHandle(lev, EvConnListener, 'lev')
  return lev.getBase()
}
