// The part of a web server that shows requests, for trying out clients.
import {
  EVHTTP_REQ_CONNECT,
  EVHTTP_REQ_DELETE,
  EVHTTP_REQ_GET,
  EVHTTP_REQ_HEAD,
  EVHTTP_REQ_OPTIONS,
  EVHTTP_REQ_PATCH,
  EVHTTP_REQ_POST,
  EVHTTP_REQ_PUT,
  EVHTTP_REQ_TRACE,
  evbuffer_add,
  evbuffer_add_printf,
  evbuffer_free,
  evbuffer_get_length,
  evbuffer_new,
  evbuffer_remove,
  evhttp_add_header,
  evhttp_connection_get_peer,
  type evhttp_request,
  evhttp_request_get_command,
  evhttp_request_get_connection,
  evhttp_request_get_input_buffer,
  evhttp_request_get_input_headers,
  evhttp_request_get_output_headers,
  evhttp_request_get_uri,
  evhttp_send_reply,
  HTTP_OK,
} from 'bitcoin-support/libevent'
import { must } from './must.js'

const METHODS: ReadonlyMap<number, string> = new Map([
  [EVHTTP_REQ_GET, 'GET'],
  [EVHTTP_REQ_POST, 'POST'],
  [EVHTTP_REQ_HEAD, 'HEAD'],
  [EVHTTP_REQ_PUT, 'PUT'],
  [EVHTTP_REQ_DELETE, 'DELETE'],
  [EVHTTP_REQ_OPTIONS, 'OPTIONS'],
  [EVHTTP_REQ_TRACE, 'TRACE'],
  [EVHTTP_REQ_CONNECT, 'CONNECT'],
  [EVHTTP_REQ_PATCH, 'PATCH'],
])

/** Answers with all that a request has brought. */
export function dump_request_cb(req: evhttp_request): void {
  const evb = must(evbuffer_new(), 'evbuffer_new')
  const method = METHODS.get(evhttp_request_get_command(req)) ?? 'unknown'
  evbuffer_add_printf(evb, `Received a ${method} request for ${evhttp_request_get_uri(req)}\n`)
  const evcon = evhttp_request_get_connection(req)
  if (evcon !== null) {
    const address = { value: '' }
    const port = { value: 0 }
    evhttp_connection_get_peer(evcon, address, port)
    evbuffer_add_printf(evb, `From: ${address.value}\n`)
  }
  evbuffer_add_printf(evb, 'Headers:\n')
  for (const [key, value] of evhttp_request_get_input_headers(req)) evbuffer_add_printf(evb, `  ${key}: ${value}\n`)
  evbuffer_add_printf(evb, 'Input data: <<<\n')
  const buf = evhttp_request_get_input_buffer(req)
  const piece = new Uint8Array(128)
  while (evbuffer_get_length(buf) > 0) {
    const n = evbuffer_remove(buf, piece)
    if (n > 0) evbuffer_add(evb, piece, n)
  }
  evbuffer_add_printf(evb, '>>>\n')
  evhttp_add_header(evhttp_request_get_output_headers(req), 'Content-Type', 'text/plain; charset=utf-8')
  evhttp_send_reply(req, HTTP_OK, 'OK', evb)
  evbuffer_free(evb)
}
