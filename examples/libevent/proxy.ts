// A proxy: it connects each client to a target, and passes bytes on in both directions. When one side does not keep up, reading
// from the other side pauses.
import {
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_OPT_CLOSE_ON_FREE,
  BEV_OPT_DEFER_CALLBACKS,
  type bufferevent,
  bufferevent_disable,
  bufferevent_enable,
  bufferevent_free,
  bufferevent_get_input,
  bufferevent_get_output,
  bufferevent_setcb,
  bufferevent_setwatermark,
  bufferevent_socket_connect,
  bufferevent_socket_new,
  EV_READ,
  EV_WRITE,
  evbuffer_add_buffer,
  evbuffer_drain,
  evbuffer_get_length,
  type evconnlistener,
  evconnlistener_get_base,
  evconnlistener_new_bind,
  type event_base,
  evutil_closesocket,
  type evutil_socket_t,
  LEV_OPT_CLOSE_ON_EXEC,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_REUSEABLE,
  type SockAddr,
} from 'bitcoin-support/libevent'
import { must } from './must.js'

/** When so many bytes wait for one side, nothing more is read from the other. */
const MAX_OUTPUT = 512 * 1024

type Partner = bufferevent | null

function readcb(bev: bufferevent, partner: Partner): void {
  const src = bufferevent_get_input(bev)
  if (partner === null) {
    evbuffer_drain(src, evbuffer_get_length(src))
    return
  }
  const dst = bufferevent_get_output(partner)
  evbuffer_add_buffer(dst, src)
  if (evbuffer_get_length(dst) >= MAX_OUTPUT) {
    // Called when half of the partner's output has been sent.
    bufferevent_setcb(partner, readcb, drained_writecb, eventcb, bev)
    bufferevent_setwatermark(partner, EV_WRITE, MAX_OUTPUT / 2, MAX_OUTPUT)
    bufferevent_disable(bev, EV_READ)
  }
}

/** `bev` has sent enough: reading from its partner goes on. */
function drained_writecb(bev: bufferevent, partner: Partner): void {
  bufferevent_setcb(bev, readcb, null, eventcb, partner)
  bufferevent_setwatermark(bev, EV_WRITE, 0, 0)
  if (partner !== null) bufferevent_enable(partner, EV_READ)
}

/** `bev` has no partner any more. It is freed when its output has been sent. */
function close_on_finished_writecb(bev: bufferevent): void {
  if (evbuffer_get_length(bufferevent_get_output(bev)) === 0) bufferevent_free(bev)
}

function eventcb(bev: bufferevent, what: number, partner: Partner): void {
  if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) === 0) return
  if (partner !== null) {
    readcb(bev, partner)
    if (evbuffer_get_length(bufferevent_get_output(partner)) > 0) {
      bufferevent_setcb(partner, null, close_on_finished_writecb, eventcb, null)
      bufferevent_setwatermark(partner, EV_WRITE, 0, 0)
      bufferevent_disable(partner, EV_READ)
    } else {
      bufferevent_free(partner)
    }
  }
  bufferevent_free(bev)
}

function accept_cb(listener: evconnlistener, fd: evutil_socket_t, _address: unknown, target: SockAddr): void {
  const base = evconnlistener_get_base(listener)
  const options = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS
  const b_in = bufferevent_socket_new(base, fd, options)
  if (b_in === null) {
    evutil_closesocket(fd)
    return
  }
  const b_out = must(bufferevent_socket_new(base, -1, options), 'bufferevent_socket_new')
  if (bufferevent_socket_connect(b_out, target) !== 0) {
    bufferevent_free(b_out)
    bufferevent_free(b_in)
    return
  }
  bufferevent_setcb(b_in, readcb, null, eventcb, b_out)
  bufferevent_setcb(b_out, readcb, null, eventcb, b_in)
  bufferevent_enable(b_in, EV_READ | EV_WRITE)
  bufferevent_enable(b_out, EV_READ | EV_WRITE)
}

/** Starts a proxy. @returns its listener, which the base owns */
export function startProxy(base: event_base, where: SockAddr, target: SockAddr): evconnlistener {
  const flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE
  return must(evconnlistener_new_bind(base, accept_cb, target, flags, -1, where), 'evconnlistener_new_bind')
}
