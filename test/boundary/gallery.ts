import {
  type BufferEvent,
  type BufferEventRateLimitGroup,
  declareEventType,
  type EvBuffer,
  type EvConnListener,
  type EvDnsBase,
  type EventHandle,
  type EvHttpConnection,
  type EvHttpRequest,
  type EvHttpUri,
  type EvKeyvalq,
  type LibEvent,
  type OwnedEvKeyvalq,
  obtainBufferEventRateLimitGroup,
  obtainBufferEventSocket,
  obtainEvConnListenerBind,
  obtainEvDnsBase,
  obtainEvent,
  obtainEvHttp,
  obtainEvHttpRequest,
  obtainEvHttpUri,
  obtainEvKeyvalq,
} from 'bitcoin-support'
import { native } from '../support/internals.js'
import { Loopback } from './loopback.js'
import { filledBuffer } from './subjects/ev-buffer.js'

class GalleryHandle extends declareEventType('BoundaryGallery') {}

/** A handle, or a list of its own, which has one. */
export type GalleryMember = EventHandle | OwnedEvKeyvalq

/** A live one of everything; those that have a base have the same one. */
export class Gallery extends Loopback {
  readonly event: LibEvent = obtainEvent(this.base, -1, 0, () => {})
  /** A server without sockets. */
  readonly spare = obtainEvHttp(this.base)
  /** A server's request, which waits for its answer. */
  readonly incoming: EvHttpRequest = this.askAndHold()
  /** A client's, which has not been made. */
  readonly outgoing: EvHttpRequest = obtainEvHttpRequest(() => {})
  /** The server's view of its connection. */
  readonly view: EvHttpConnection = connectionOf(this.incoming)
  readonly received: EvKeyvalq = this.incoming.getInputHeaders()
  readonly sent: EvKeyvalq = this.incoming.getOutputHeaders()
  readonly buffer: EvBuffer = filledBuffer()
  readonly listener: EvConnListener = obtainEvConnListenerBind(this.base, () => {}, undefined, { host: '127.0.0.1' })
  readonly bufferevent: BufferEvent = obtainBufferEventSocket(this.base, -1)
  readonly group: BufferEventRateLimitGroup = obtainBufferEventRateLimitGroup(this.base, {})
  /** A resolver without nameservers. */
  readonly dns: EvDnsBase = obtainEvDnsBase(this.base)
  readonly uri: EvHttpUri = obtainEvHttpUri('http://host/path')
  readonly list: OwnedEvKeyvalq = obtainEvKeyvalq()
  readonly declared: EventHandle = new GalleryHandle()

  /** The handles among them. */
  get handles(): readonly GalleryMember[] {
    const onBase = [this.base, this.event, this.http, this.spare, this.connection, this.view, this.listener]
    const buffered = [this.bufferevent, this.group, this.dns]
    return [...onBase, ...buffered, this.incoming, this.outgoing, this.buffer, this.uri, this.list, this.declared]
  }

  /** All of them. */
  get everything(): readonly object[] {
    return [...this.handles, this.socket, this.received, this.sent]
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]()
    this.outgoing.dispose()
    this.buffer.dispose()
    this.uri.dispose()
    this.list.dispose()
    this.declared.dispose()
  }
}

function connectionOf(request: EvHttpRequest): EvHttpConnection {
  const connection = request.getConnection()
  if (connection === null) throw new Error("a server's request has a connection")
  return connection
}

/** @returns the number by which the addon knows a live handle */
export function numberOf(handle: GalleryMember): number {
  const type: unknown = Reflect.get(handle.constructor, 'typeName')
  const flat = native.listLive()
  for (let i = 0; i < flat.length; i += 3) {
    if (flat[i + 1] === type && flat[i + 2] === handle.id) return flat[i] as number
  }
  throw new Error(`${type} #${handle.id} is not live`)
}
