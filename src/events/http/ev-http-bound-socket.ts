import { inspect } from 'node:util'
import { native } from '../../native/native.js'
import { BOUND_TO_THREAD } from '../../util/uncloneable.js'
import { kMade } from '../../util/validation.js'
import type { EventHandle } from '../event-handle.js'
import { handleOf } from '../event-handle.js'
import { addressText, type EvSocketAddress, socketAddress } from '../net/socket-address.js'

/** Where a listening socket is bound. */
export type EvHttpSocketAddress = EvSocketAddress

/** @returns its id within `http`; 0, which no socket has, when it is another server's */
export let boundSocketId: (socket: EvHttpBoundSocket, http: EventHandle) => number

/**
 * A socket on which an EvHttp accepts: libevent's `evhttp_bound_socket`. It belongs to the EvHttp and ends with it or
 * by `delAcceptSocket()`.
 */
export class EvHttpBoundSocket {
  readonly #http: EventHandle
  readonly #id: number
  /** @internal */
  readonly '[handle]' = BOUND_TO_THREAD

  static {
    boundSocketId = (socket, http) => (socket.#http === http ? socket.#id : 0)
  }

  /** @internal */
  static [kMade](value: object): boolean {
    return #http in value
  }

  /** @internal */
  constructor(http: EventHandle, id: number) {
    this.#http = http
    this.#id = id
  }

  /**
   * @returns the listening descriptor, which evhttp still owns
   * @throws {EventError} `ERR_EV_DISPOSED` when the server has been disposed, `ERR_EV_NOT_FOUND` when the socket has
   * been removed
   * @see evhttp_bound_socket_get_fd()
   */
  getFd(): number {
    return native.httpSocketFd(handleOf(this.#http), this.#id)
  }

  /**
   * @returns where the socket is bound, with the port that the system has chosen
   * @throws {EventError} as {@link getFd}
   */
  address(): EvHttpSocketAddress {
    return socketAddress(native.httpSocketAddress(handleOf(this.#http), this.#id))
  }

  /**
   * What `util.inspect()` and `console.log()` show: `EvHttpBoundSocket { 127.0.0.1:8080 }`.
   *
   * @internal
   */
  [inspect.custom](): string {
    let about = 'removed'
    try {
      about = addressText(this.address())
    } catch {
      // The socket or its server has ended.
    }
    return `EvHttpBoundSocket { ${about} }`
  }
}
