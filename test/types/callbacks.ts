// Compiled, never run: what the types allow, and what they refuse.
import {
  type BufferEvent,
  type EvBuffer,
  type EventBase,
  type EventBaseShareToken,
  type EventCallback,
  type EventShareToken,
  EventToken,
  type EvHttp,
  type EvHttpConnection,
  type EvHttpRequest,
  type EvHttpRequestCallback,
  obtainBufferEventFilter,
  obtainEvConnListenerBind,
  obtainEvent,
  obtainEvHttpRequest,
  obtainEvsignal,
  obtainEvtimer,
  SecureBuffer,
} from 'bitcoin-support'
import {
  bufferevent_setcb,
  event_new,
  evhttp_connection_base_new,
  evhttp_connection_set_closecb,
  evhttp_request_new,
  evhttp_set_gencb,
} from 'bitcoin-support/libevent'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_same: Same<A, B>): void => {}

/** A callback's argument is what was given with it, and without one there is none. */
export function args(base: EventBase, http: EvHttp, request: EvHttpRequest, connection: EvHttpConnection): void {
  const plain: EventCallback = (_event, arg) => same<typeof arg, undefined>(true)
  const handler: EvHttpRequestCallback = (_request, arg) => same<typeof arg, undefined>(true)
  const named = (_event: unknown, arg: string): string => arg
  const maybe = (_event: unknown, arg?: string): string => arg ?? ''

  obtainEvent(base, -1, 0, plain)
  obtainEvent(base, -1, 0, () => {})
  obtainEvent(base, -1, 0, maybe)
  obtainEvent(base, -1, 0, named, 'arg')
  obtainEvent(base, -1, 0, (_event, arg) => same<typeof arg, number>(true), 5)
  obtainEvent<string>(base, -1, 0, (_event, arg) => arg.length, 'arg')
  obtainEvent(base, -1, 0, 1n)
  // @ts-expect-error its callback needs an argument
  obtainEvent(base, -1, 0, named)
  // @ts-expect-error of another type
  obtainEvent(base, -1, 0, named, 5)
  obtainEvtimer(base, named, 'arg')
  // @ts-expect-error its callback needs an argument
  obtainEvtimer(base, named)
  obtainEvsignal(base, 'SIGHUP', named, 'arg')
  obtainEvsignal(base, 'SIGHUP', () => {}, undefined, { shared: true })
  // @ts-expect-error its callback needs an argument
  obtainEvsignal(base, 'SIGHUP', named)

  const once = (arg: string): string => arg
  base.once(-1, 1, once, 'arg', 5)
  base.once(-1, 1, () => {}, undefined, 5)
  // @ts-expect-error its callback needs an argument
  base.once(-1, 1, once)
  // @ts-expect-error undefined is none
  base.once(-1, 1, once, undefined, 5)

  http.setGencb(handler)
  http.setGencb(named, 'arg')
  http.setCb('/', (_request, arg) => same<typeof arg, number>(true), 5)
  // @ts-expect-error its callback needs an argument
  http.setGencb(named)
  // @ts-expect-error its callback needs an argument
  http.setCb('/', named)
  // @ts-expect-error its callback needs an argument
  http.setStreamCb('/', named)

  obtainEvHttpRequest(named, 'arg')
  // @ts-expect-error its callback needs an argument
  obtainEvHttpRequest(named)
  // @ts-expect-error its callback needs an argument
  request.setErrorCb(named)
  // @ts-expect-error its callback needs an argument
  request.setOnCompleteCb(named)
  request.setHeaderCb((_request, arg) => arg > 5, 5)
  // @ts-expect-error its callback needs an argument
  connection.setClosecb(named)
  obtainEvConnListenerBind(base, (_listener, _fd, _address, arg) => same<typeof arg, string>(true), 'arg', {})
  obtainEvConnListenerBind(base, null)
  // @ts-expect-error its callback needs an argument
  obtainEvConnListenerBind(base, (_listener, _fd, _address, arg: string) => arg)
}

/** Where libevent's own tests pass NULL. */
export function nulls(base: EventBase, http: EvHttp, bufferevent: BufferEvent, connection: EvHttpConnection): void {
  bufferevent.setcb(null, null, () => {})
  obtainBufferEventFilter(bufferevent, null, null)
  event_new(base, -1, 0, null, null)
  evhttp_set_gencb(http, null, null)
  evhttp_request_new(null, null)
  evhttp_connection_set_closecb(connection, null, null)
  evhttp_connection_base_new(base, null, '127.0.0.1', 80)
  bufferevent_setcb(bufferevent, null, null, null, null)
  // @ts-expect-error not undefined's: C's names have NULL
  event_new(base, -1, 0, undefined, null)
}

/** Tokens are no other numbers, and no other tokens. */
export function tokens(base: EventBase, event: ReturnType<typeof obtainEvent>, buffer: EvBuffer): void {
  const ofBase = base.share<{ height: number }>((message) => message.height)
  const ofEvent = event.share()
  same<typeof ofBase, EventBaseShareToken<{ height: number }>>(true)
  same<typeof ofEvent, EventShareToken>(true)
  const number: bigint = ofBase
  const remote = EventToken.open(ofBase)
  remote.once({ height: 5 })
  remote.once({ height: 5 }, 100)
  // @ts-expect-error its messages have a height
  remote.once({ depth: 5 })
  // @ts-expect-error its messages are never nothing
  remote.once()
  EventToken.open(ofEvent).active(0)
  // @ts-expect-error an event has no messages
  EventToken.open(ofEvent).once('message')
  EventToken.open(base.share(() => {})).once()
  // @ts-expect-error any number may be anything
  EventToken.open(number)
  // @ts-expect-error an event's
  base.unshare(ofEvent)
  base.unshare(ofBase)
  // @ts-expect-error a base's
  SecureBuffer.open(ofBase)
  SecureBuffer.open(new SecureBuffer(1).share())
  // @ts-expect-error no token at all
  EventToken.open(buffer)
}
