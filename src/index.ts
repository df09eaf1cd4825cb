/**
 * The public face of the package.
 *
 * @module bitcoin-support
 */

export { hardenProcess, purgeOnSignals, purgeSecrets } from './alloc/harden-process.js'
export {
  configureLockedPool,
  type LockedPoolBackend,
  type LockedPoolOptions,
  type LockedPoolStats,
  type LockPolicy,
  lockedPoolStats,
  walkLockedPool,
} from './alloc/locked-pool.js'
export { memoryCleanse } from './alloc/memory-cleanse.js'
export { secureAllocator } from './alloc/secure-allocator.js'
export { SecureBuffer, type SecureBufferToken } from './alloc/secure-buffer.js'
export { SecureMemoryError } from './alloc/secure-error.js'
export { SecureString } from './alloc/secure-string.js'
export { MAX_SIZE, SerializeData } from './alloc/serialize-data.js'
export type { PromptOptions } from './alloc/terminal-prompt.js'
export { zeroAfterFreeAllocator } from './alloc/zero-after-free-allocator.js'
export { EvBuffer, type EvBufferCallback, obtainEvBuffer } from './events/buffers/ev-buffer.js'
export type { EvBufferCbInfo } from './events/buffers/ev-buffer-callbacks.js'
export * from './events/constants.js'
export { type DeclaredEventType, declareEventType } from './events/declare-event-type.js'
export { type EventHandle, type LiveHandle, liveHandles } from './events/event-handle.js'
export {
  EvHttp,
  type EvHttpAcceptOptions,
  type EvHttpBindOptions,
  type EvHttpErrorPageCallback,
  type EvHttpOptions,
  type EvHttpUnixOptions,
  obtainEvHttp,
} from './events/http/ev-http.js'
export { EvHttpBoundSocket, type EvHttpSocketAddress } from './events/http/ev-http-bound-socket.js'
export type { EvHttpClientRequest, EvHttpTimeouts } from './events/http/ev-http-client-options.js'
export {
  EvHttpConnection,
  type EvHttpConnectionOptions,
  type EvHttpPeer,
  obtainEvHttpConnectionBase,
  obtainEvHttpConnectionFd,
  obtainEvHttpConnectionUnix,
} from './events/http/ev-http-connection.js'
export type {
  EvHttpBodyChunks,
  EvHttpErrorPage,
  EvHttpFileReply,
  EvHttpHeaders,
  EvHttpReply,
  EvHttpStreamedReply,
} from './events/http/ev-http-reply.js'
export {
  type EvHttpClientCallback,
  type EvHttpHeaderVerdict,
  EvHttpRequest,
  type EvHttpRequestCallback,
  obtainEvHttpRequest,
} from './events/http/ev-http-request.js'
export type { EvHttpRequestBody } from './events/http/ev-http-request-body.js'
export { EvHttpResponse, EvHttpResponseHeaders } from './events/http/ev-http-response.js'
export {
  EvHttpUri,
  evhttpHtmlescape,
  evhttpParseQuery,
  evhttpParseQueryStr,
  evhttpUridecode,
  evhttpUriencode,
  obtainEvHttpUri,
} from './events/http/ev-http-uri.js'
export { EvKeyvalq, OwnedEvKeyvalq, obtainEvKeyvalq } from './events/http/ev-keyvalq.js'
export type { EvHttpFile } from './events/http/reply-file.js'
export {
  type EvLogCallback,
  enableDebugLogging,
  getSupportedMethods,
  getVersion,
  getVersionNumber,
  hasSecurityBackports,
  setLogCallback,
} from './events/logging.js'
export {
  EventBase,
  type EventBaseDispatchOptions,
  type EventBaseOptions,
  type EventOnceCallback,
  type EvutilSocket,
  obtainEventBase,
} from './events/loop/event-base.js'
export { EventToken } from './events/loop/event-token.js'
export { type EvsignalOptions, obtainEvsignal } from './events/loop/evsignal.js'
export {
  type EventAssignment,
  type EventCallback,
  LibEvent,
  obtainEvent,
  obtainEvtimer,
} from './events/loop/lib-event.js'
export type { EventBaseShareToken, EventShareToken } from './events/loop/share-token.js'
export {
  BufferEvent,
  type BufferEventDataCallback,
  type BufferEventEventCallback,
  type BufferEventSocketOptions,
  obtainBufferEventFilter,
  obtainBufferEventPair,
  obtainBufferEventSocket,
} from './events/net/buffer-event.js'
export * from './events/net/buffer-event-constants.js'
export type { BufferEventFilter, BufferEventFilterResult } from './events/net/buffer-event-filter.js'
export {
  BufferEventRateLimitGroup,
  obtainBufferEventRateLimitGroup,
} from './events/net/buffer-event-rate-limit-group.js'
export * from './events/net/dns-constants.js'
export {
  EvConnListener,
  type EvConnListenerBindOptions,
  type EvConnListenerCallback,
  type EvConnListenerErrorCallback,
  type EvConnListenerOptions,
  obtainEvConnListener,
  obtainEvConnListenerBind,
} from './events/net/ev-conn-listener.js'
export {
  type EvDnsAddress,
  EvDnsBase,
  type EvDnsBaseOptions,
  type EvDnsCallback,
  type EvDnsGetaddrinfoCallback,
  type EvDnsOption,
  EvDnsRequest,
  evdnsErrToString,
  obtainEvDnsBase,
} from './events/net/ev-dns-base.js'
export * from './events/net/evutil.js'
export type { RateLimit } from './events/net/rate-limit.js'
export type { EvSocketAddress } from './events/net/socket-address.js'
export { EventError, type EventErrorCode } from './native/errors.js'
export { alignUp } from './util/align-up.js'
export { registerGauges, setCaptureStacks, setSecureAudit } from './util/tracing.js'
export { getUniquePath, makeUniqueDirectory } from './util/unique-path.js'
