// A web server and a proxy in front of it, written like libevent's own samples, in C's names alone. It serves until SIGHUP or
// SIGUSR2, for which the base has events; SIGINT and SIGTERM are Node's, and end the process at once.
import { constants } from 'node:os'
import {
  EVHTTP_REQ_DELETE,
  EVHTTP_REQ_GET,
  EVHTTP_REQ_HEAD,
  EVHTTP_REQ_POST,
  EVHTTP_REQ_PUT,
  evconnlistener_free,
  event_add,
  type event_base,
  event_base_dispatch,
  event_base_free,
  event_base_loopexit,
  event_base_new,
  event_free,
  event_get_version,
  type evhttp,
  evhttp_bind_socket_with_handle,
  type evhttp_bound_socket,
  evhttp_del_accept_socket,
  evhttp_free,
  evhttp_new,
  evhttp_set_allowed_methods,
  evhttp_set_cb,
  evhttp_set_gencb,
  evhttp_set_max_body_size,
  evhttp_set_max_headers_size,
  evhttp_set_timeout,
  evsignal_new,
  type SockAddr,
} from 'bitcoin-support/libevent'
import { send_document_cb } from './documents.js'
import { dump_request_cb } from './dump.js'
import { Failed, must, mustBeZero } from './must.js'
import { type Options, parseOptions, USAGE, UsageError } from './options.js'
import { startProxy } from './proxy.js'

const { SIGHUP, SIGUSR2 } = constants.signals

function describe(address: SockAddr): string {
  return 'path' in address ? address.path : `${address.address}:${address.port}`
}

function startServer(base: event_base, o: Options): { http: evhttp; bound: evhttp_bound_socket } {
  const http = must(evhttp_new(base), 'evhttp_new')
  evhttp_set_timeout(http, 30)
  evhttp_set_max_headers_size(http, 8192)
  evhttp_set_max_body_size(http, 1 << 20)
  evhttp_set_allowed_methods(
    http,
    EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE,
  )
  mustBeZero(evhttp_set_cb(http, '/dump', dump_request_cb, null), 'evhttp_set_cb')
  evhttp_set_gencb(http, send_document_cb, o)
  const { address, port } = o.listen
  const bound = must(evhttp_bind_socket_with_handle(http, address, port), 'evhttp_bind_socket_with_handle')
  return { http, bound }
}

function run(o: Options): number {
  const base = must(event_base_new(), 'event_base_new')
  const { http, bound } = startServer(base, o)
  const server = bound.address()
  console.log(`libevent ${event_get_version()} serves ${o.docroot} on ${describe(server)}`)

  const proxy = o.proxy === undefined ? null : startProxy(base, o.proxy, o.target ?? server)
  if (proxy !== null) {
    console.log(`The proxy listens on ${describe(proxy.address())}`)
  }

  const stop = (signal: number) => {
    console.log(`Got signal ${signal}`)
    event_base_loopexit(base, null)
  }
  const signals = [SIGHUP, SIGUSR2].map((signal) => must(evsignal_new(base, signal, stop, null), 'evsignal_new'))
  for (const event of signals) mustBeZero(event_add(event, null), 'event_add')
  console.log('Ready')

  const result = event_base_dispatch(base)

  for (const event of signals) event_free(event)
  if (proxy !== null) evconnlistener_free(proxy)
  evhttp_del_accept_socket(http, bound)
  evhttp_free(http)
  event_base_free(base)
  console.log('Bye')
  return result < 0 ? 1 : 0
}

try {
  process.exitCode = run(parseOptions(process.argv.slice(2)))
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n${USAGE}`)
  else if (error instanceof Failed) console.error(error.message)
  else throw error
  process.exitCode = 1
}
