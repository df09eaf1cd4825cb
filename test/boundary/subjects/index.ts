import type { Subject } from '../subject.js'
import { filterBufferEvent, pairBufferEvent, socketBufferEvent, viewedBufferEvent } from './buffer-event.js'
import { bufferEventRateLimitGroup } from './buffer-event-rate-limit-group.js'
import { declaredHandle } from './declared-handle.js'
import { ownBuffer, requestBuffer } from './ev-buffer.js'
import { evConnListener } from './ev-conn-listener.js'
import { evDnsBase, evDnsRequest } from './ev-dns-base.js'
import { evHttp } from './ev-http.js'
import { evHttpBoundSocket } from './ev-http-bound-socket.js'
import { clientConnection, connectionView } from './ev-http-connection.js'
import { evHttpUri } from './ev-http-uri.js'
import { ownedList, receivedHeaders, sentHeaders } from './ev-keyvalq.js'
import { eventBase } from './event-base.js'
import { eventToken } from './event-token.js'
import { incomingRequest } from './incoming-request.js'
import { libEvent } from './lib-event.js'
import { outgoingRequest } from './outgoing-request.js'

/** What instances of a class are tried with, whatever its context. */
// biome-ignore lint/suspicious/noExplicitAny: each subject's stages and methods agree among themselves
export type AnySubject = Subject<any, any>

/** Every class whose instances the library hands out. */
export const subjects: readonly AnySubject[] = [
  eventBase,
  libEvent,
  evConnListener,
  eventToken,
  evHttp,
  evHttpBoundSocket,
  incomingRequest,
  outgoingRequest,
  clientConnection,
  connectionView,
  receivedHeaders,
  sentHeaders,
  ownBuffer,
  requestBuffer,
  ownedList,
  evHttpUri,
  socketBufferEvent,
  pairBufferEvent,
  filterBufferEvent,
  viewedBufferEvent,
  bufferEventRateLimitGroup,
  evDnsBase,
  evDnsRequest,
  declaredHandle,
]
