// Every function of the addon: its parameters, and its outcome when they are right.

import { tmpdir } from 'node:os'
import {
  AF_INET,
  EV_PERSIST,
  EV_READ,
  EV_TIMEOUT,
  EV_WRITE,
  EVHTTP_REQ_GET,
  EVHTTP_REQ_POST,
  EVLOOP_NONBLOCK,
  getUniquePath,
  LEV_OPT_CLOSE_ON_FREE,
} from 'bitcoin-support'
import { inC } from '../support/c-library.js'
import type { Gallery } from './gallery.js'
import { REQUEST_BODY, REQUEST_URI } from './loopback.js'
import {
  address,
  bool,
  bytes,
  bytesView,
  handle,
  int,
  list,
  memory,
  number,
  optional,
  type Parameter,
  position,
  secureNumber,
  slab,
  text,
  token,
} from './native-parameters.js'
import { a, is, nothing, type Outcome } from './outcomes.js'
import { BUFFER_CONTENT } from './subjects/ev-buffer.js'

export interface Signature {
  readonly parameters: readonly Parameter[]
  readonly outcome: Outcome
  /** Brings the gallery into the state that it needs. */
  readonly prepare?: (gallery: Gallery) => void
}

const base = handle((gallery) => gallery.base)
const event = handle((gallery) => gallery.event)
const http = handle((gallery) => gallery.http)
const incoming = handle((gallery) => gallery.incoming)
const outgoing = handle((gallery) => gallery.outgoing)
const client = handle((gallery) => gallery.connection)
const listener = handle((gallery) => gallery.listener)
const keyvalq = handle((gallery) => gallery.list)
const uri = handle((gallery) => gallery.uri)
const view = handle((gallery) => gallery.view)
const bufferevent = handle((gallery) => gallery.bufferevent)
const group = handle((gallery) => gallery.group)
const dns = handle((gallery) => gallery.dns)

const INT_MAX = 2 ** 31 - 1
const INT_MIN = -(2 ** 31)

/** Bytes in a tick and at most, read and written, and the tick. */
const rates = () => [number(1), number(2), number(3), number(4), int(5)]

const buffer = handle((gallery) => gallery.buffer)

/** Functions of C's, which must not be called with what they do not expect. */
const COUNT = inC('count')
const TELL = inC('tell')

/** A server's first socket has it. */
const SOCKET = 1
const ROUTE = 1

/** A request's headers, as received and as they will be sent. */
const INPUT = 1
const OUTPUT = 2

/** Functions of the secure allocators and of libevent's library: what they take is no handle, and they have tests of their own. */
export const OF_MEMORY = /^(log|memory|runtime|secure|lockedPool|harden|purge|terminal)/

function startReply({ incoming }: Gallery): void {
  incoming.sendReplyStart(200)
}

function makeInChunks({ outgoing, connection }: Gallery): void {
  outgoing.beginChunks()
  connection.makeRequest(outgoing, EVHTTP_REQ_POST, '/')
}

// Descriptors that are open are the test's own.
function descriptorFunction(): Signature {
  return signature('ERR_EV_LIBEVENT', int(2 ** 31 - 1, [-1, -(2 ** 31)]))
}

function signature(outcome: Outcome, ...parameters: Parameter[]): Signature {
  return { parameters, outcome }
}

export const signatures: Readonly<Record<string, Signature>> = {
  eventBaseNew: signature(
    a('number'),
    int(1),
    int(0),
    bool(true),
    bool(false),
    number(-1),
    int(-1),
    int(0),
    list(['poll'], [['x'.repeat(100_000)]]),
  ),
  eventBaseDispatch: signature(nothing, base, bool(false), bool(false)),
  setRef: signature(nothing, event, text('LibEvent'), bool(true)),
  hasRef: signature(is(true), event, text('LibEvent')),
  eventBaseDrive: signature(a('boolean'), base),
  eventBaseStopDriving: signature(is(true), base),
  // Without EVLOOP_NONBLOCK a loop with a listening socket never returns.
  eventBaseLoopSync: signature(is(0), base, int(EVLOOP_NONBLOCK, [3, 255, -1, 2 ** 31 - 1])),
  eventBaseLoopbreak: signature(nothing, base),
  eventBaseLoopcontinue: signature(nothing, base),
  eventBaseLoopexit: signature(nothing, base, number(0)),
  eventBaseGotBreak: signature(is(false), base),
  eventBaseGotExit: signature(is(false), base),
  eventBaseOnce: signature(nothing, base, int(-1), int(EV_TIMEOUT), number(1), number(60_000)),
  eventBaseOnceInC: signature(
    nothing,
    base,
    int(-1),
    int(EV_TIMEOUT),
    number(1),
    number(60_000),
    address(COUNT),
    address(0n),
  ),
  eventBaseGetMethod: signature(a('string'), base),
  eventBaseGetFeatures: signature(a('number'), base),
  eventBaseGetNumEvents: signature(a('number'), base, int(1)),
  eventBaseGetMaxEvents: signature(a('number'), base, int(1), bool(true)),
  eventBaseListEvents: signature(a('array'), base),
  eventBaseDumpEvents: signature(a('string'), base),
  eventBaseGetNpriorities: signature(is(1), base),
  eventBasePriorityInit: signature(nothing, base, int(3)),
  eventBaseGettimeofdayCached: signature(a('number'), base),
  eventBaseUpdateCacheTime: signature(nothing, base),
  eventBaseInitCommonTimeout: signature(nothing, base, number(1000)),
  eventBaseActiveByFd: signature(nothing, base, int(1000), int(EV_TIMEOUT)),
  eventBaseActiveBySignal: signature(nothing, base, int(63)),
  eventBaseReinit: signature(nothing, base),
  eventBaseShare: signature(a('array'), base),
  eventBaseUnshare: signature(
    a('number'),
    base,
    token(({ base }) => base.share(() => {})),
  ),
  eventBaseTakeMessage: signature(is(Buffer.alloc(0)), base),
  tokenOpen: signature(
    a('number'),
    token(({ event }) => event.share()),
  ),
  tokenActive: signature(
    nothing,
    token(({ event }) => event.share()),
    int(EV_TIMEOUT),
  ),
  tokenOnce: signature(
    nothing,
    token(({ base }) => base.share(() => {})),
    bytesView(new Uint8Array(3)),
    number(60_000),
  ),

  libEventNewInC: signature(a('number'), base, int(-1), int(EV_PERSIST), address(COUNT), address(0n)),
  libEventRemoveTimer: signature(nothing, event),
  libEventPendingUntil: signature(is(undefined), event),
  libEventFinalize: signature(nothing, event),
  libEventCountDelivery: signature(nothing, event),
  libEventShare: signature(a('bigint'), event),
  libEventNew: signature(a('number'), base, int(-1), int(EV_PERSIST)),
  libEventAdd: signature(nothing, event, number(60_000)),
  libEventDel: signature(nothing, event),
  libEventActive: signature(nothing, event, int(EV_TIMEOUT)),
  libEventPending: signature(is(0), event, int(EV_TIMEOUT)),
  libEventPrioritySet: signature(nothing, event, int(0)),
  libEventGetPriority: signature(is(0), event),

  bufferNew: signature(a('number')),
  bufferGetLength: signature(is(BUFFER_CONTENT.length), buffer),
  bufferAdd: signature(nothing, buffer, optional(bytes('data'))),
  bufferPrepend: signature(nothing, buffer, optional(bytes('data'))),
  bufferDrain: signature(nothing, buffer, number(2)),
  bufferRemove: signature(is(Buffer.from('first')), buffer, number(5)),
  bufferRemoveInto: signature(is(3), buffer, memory(3)),
  bufferCopyout: signature(is(Buffer.from('second')), buffer, position(7), number(6)),
  bufferCopyoutInto: signature(is(3), buffer, position(0), memory(3)),
  bufferAddIovec: signature(nothing, buffer, list(['a', 'b'])),
  bufferAddBuffer: signature(nothing, buffer, buffer),
  bufferPrependBuffer: signature(nothing, buffer, buffer),
  bufferAddBufferReference: signature('ERR_EV_STATE', buffer, buffer),
  bufferRemoveBuffer: signature(is(0), buffer, buffer, number(5)),
  bufferExpand: signature(nothing, buffer, number(5)),
  bufferGetContiguousSpace: signature(is(BUFFER_CONTENT.length), buffer),
  bufferFreeze: signature(nothing, buffer, bool(true), bool(true)),
  bufferSetFlags: signature(nothing, buffer, int(1), bool(true)),
  bufferWatch: signature(nothing, buffer, bool(true)),
  bufferSearch: signature(is(7), buffer, optional(bytes('second')), position(0), position(13)),
  bufferSearchEol: signature(is([5, 2]), buffer, position(0), int(1)),
  bufferReadln: signature(is('first'), buffer, int(1), bool(true)),
  bufferPeek: signature(is([Buffer.from('first')]), buffer, position(0), number(5)),
  bufferAddReference: signature(nothing, buffer, optional(bytes('data')), number(0)),
  bufferAddFile: signature('ERR_EV_LIBEVENT', buffer, int(2 ** 31 - 1, [-1, -(2 ** 31)]), number(0), number(-1)),
  bufferRead: signature('ERR_EV_LIBEVENT', buffer, int(2 ** 31 - 1, [-1, -(2 ** 31)]), number(-1)),
  bufferWrite: signature('ERR_EV_LIBEVENT', buffer, int(2 ** 31 - 1, [-1, -(2 ** 31)]), number(-1)),

  evutilMakeSocketNonblocking: descriptorFunction(),
  evutilMakeSocketCloseonexec: descriptorFunction(),
  evutilMakeListenSocketReuseable: descriptorFunction(),
  evutilMakeListenSocketReuseablePort: descriptorFunction(),
  evutilMakeListenSocketIpv6only: descriptorFunction(),
  evutilMakeTcpListenSocketDeferred: descriptorFunction(),
  evutilClosesocket: descriptorFunction(),
  // A pair that is made would stay.
  evutilSocketpair: signature('ERR_EV_LIBEVENT', int(2 ** 31 - 1, [-1]), int(1), int(0)),
  evutilParseSockaddrPort: signature(is(['IPv4', '127.0.0.1', 80]), text('127.0.0.1:80')),
  evutilInetNtop: signature(is('1.2.3.4'), int(AF_INET), memory(new Uint8Array([1, 2, 3, 4]))),
  evutilInetPton: signature(is(Buffer.from([1, 2, 3, 4])), int(AF_INET), text('1.2.3.4')),
  evutilAsciiStrcasecmp: signature(is(0), text('Text'), text('tEXT')),
  evutilAsciiStrncasecmp: signature(is(0), text('Text'), text('tEXTs'), number(4)),
  bufferEventSocketNew: signature(a('number'), base, int(-1, [-1, INT_MAX, INT_MIN]), int(0)),
  bufferEventPairNew: signature(a('number'), base, int(0)),
  bufferEventPairSecond: signature('ERR_EV_STATE', bufferevent),
  bufferEventFilterNew: signature(a('number'), bufferevent, bool(true), bool(true), int(0)),
  bufferEventFilterSource: signature(is(undefined), bufferevent),
  bufferEventFilterResult: signature(nothing, bufferevent, number(0), optional(bytes('data'))),
  bufferEventSetcb: signature(nothing, bufferevent, int(EV_READ | EV_WRITE)),
  bufferEventEnable: signature(nothing, bufferevent, int(EV_READ)),
  bufferEventDisable: signature(nothing, bufferevent, int(EV_READ)),
  bufferEventGetEnabled: signature(is(EV_WRITE), bufferevent),
  bufferEventConnect: signature(nothing, bufferevent, text('127.0.0.1'), int(1)),
  bufferEventConnectUnix: signature('ERR_EV_LIBEVENT', bufferevent, text('/nowhere/at/all')),
  bufferEventConnectHostname: signature(
    nothing,
    bufferevent,
    int(0),
    // Nothing that would be looked up.
    text('127.0.0.1', ['', '\0', '::1', 'x'.repeat(100_000)]),
    int(1),
  ),
  bufferEventConnectHostnameDns: signature(nothing, bufferevent, dns, int(0), text('127.0.0.1'), int(1)),
  bufferEventGetDnsError: signature(is(0), bufferevent),
  bufferEventGetInput: signature(a('number'), bufferevent),
  bufferEventGetOutput: signature(a('number'), bufferevent),
  bufferEventWrite: signature(nothing, bufferevent, optional(bytes('data'))),
  bufferEventWriteBuffer: signature(nothing, bufferevent, buffer),
  bufferEventRead: signature(is(0), bufferevent, memory(3), number(0), number(3)),
  bufferEventTake: signature(is(Buffer.alloc(0)), bufferevent, number(3)),
  bufferEventReadBuffer: signature(nothing, bufferevent, buffer),
  bufferEventTrigger: signature(nothing, bufferevent, int(EV_READ), int(0)),
  bufferEventTriggerEvent: signature(nothing, bufferevent, int(EV_READ), int(0)),
  bufferEventFlush: signature(is(false), bufferevent, int(EV_READ), int(1)),
  bufferEventSetTimeouts: signature(nothing, bufferevent, number(1000), number(-1)),
  bufferEventSetWatermark: signature(nothing, bufferevent, int(EV_READ), number(0), number(10)),
  bufferEventGetWatermark: signature(is([0, 0]), bufferevent, bool(false)),
  bufferEventGetFd: signature(is(-1), bufferevent),
  bufferEventSetFd: signature(nothing, bufferevent, int(-1, [INT_MAX, INT_MIN])),
  bufferEventSetNoDelay: signature(nothing, bufferevent, bool(true)),
  bufferEventPrioritySet: signature(nothing, bufferevent, int(0)),
  bufferEventGetPriority: signature(is(0), bufferevent),
  bufferEventSetMaxSingle: signature(nothing, bufferevent, bool(true), number(1000)),
  bufferEventGetMaxSingle: signature(is(1048576), bufferevent, bool(true)),
  bufferEventGetMaxTo: signature(is(1048576), bufferevent, bool(true)),
  bufferEventSetRateLimit: signature(nothing, bufferevent, ...rates()),
  bufferEventGetLimit: signature(is(undefined), bufferevent, bool(true)),
  bufferEventDecrementLimit: signature('ERR_EV_STATE', bufferevent, bool(true), int(1)),
  bufferEventJoinGroup: signature(nothing, bufferevent, group),
  bufferEventLeaveGroup: signature(nothing, bufferevent),
  rateLimitGroupNew: signature(a('number'), base, ...rates()),
  rateLimitGroupSetCfg: signature(nothing, group, ...rates()),
  rateLimitGroupSetMinShare: signature(nothing, group, number(10)),
  rateLimitGroupGetLimit: signature(a('number'), group, bool(true)),
  rateLimitGroupDecrement: signature(nothing, group, bool(true), int(1)),
  rateLimitGroupGetTotals: signature(is([0, 0]), group),
  rateLimitGroupResetTotals: signature(nothing, group),

  dnsBaseNew: signature(a('number'), base, int(0x8000)),
  dnsBaseNameserverIpAdd: signature(nothing, dns, text('127.0.0.1:5353')),
  dnsBaseResolvConfParse: signature(nothing, dns, int(0), text('/dev/null')),
  dnsBaseLoadHosts: signature(nothing, dns, text('/dev/null')),
  dnsBaseCountNameservers: signature(is(0), dns),
  dnsBaseGetNameserverAddr: signature(is(undefined), dns, int(0)),
  dnsBaseSetOption: signature(nothing, dns, text('ndots:'), text('1')),
  dnsBaseSearchAdd: signature(nothing, dns, text('example')),
  dnsBaseSearchClear: signature(nothing, dns),
  dnsBaseSearchNdotsSet: signature(nothing, dns, int(1)),
  dnsBaseClearHostAddresses: signature(nothing, dns),
  dnsBaseResolve: signature('ERR_EV_STATE', dns, int(0), text('name'), int(0), number(1)),
  dnsBaseGetAddrInfo: signature(nothing, dns, text('127.0.0.1'), int(80), int(0), number(1)),
  dnsBaseCancel: signature(nothing, dns, number(1)),
  dnsBaseTakeAnswers: signature(is([]), dns),
  dnsErrToString: signature(a('string'), int(3)),
  gaiStrerror: signature(a('string'), int(-2)),
  gaiErrno: signature(is(-3008), int(-2)),

  httpNew: signature(a('number'), base, bool(true)),
  httpBindTcp: signature(
    is(SOCKET + 1),
    http,
    // Nothing that would be looked up.
    text('127.0.0.1', ['', '\0', '\ud800', 'x'.repeat(100_000)]),
    int(0, [-1, 65536, 2 ** 31 - 1, -(2 ** 31)]),
    int(1),
    bool(false),
    bool(false),
    bool(true),
  ),
  httpBindUnix: signature(
    is(SOCKET + 1),
    http,
    text(() => getUniquePath(tmpdir()), ['', '\0', '/', '/nowhere/at/all', `/${'x'.repeat(100_000)}`]),
    int(-1),
    int(1),
  ),
  httpAcceptFd: signature('ERR_EV_BIND', http, int(2 ** 31 - 1, [0, 1, 2, -1, -(2 ** 31)]), bool(true)),
  httpDelAcceptSocket: signature(nothing, http, number(SOCKET)),
  httpSocketFd: signature(a('number'), http, number(SOCKET)),
  httpSocketAddress: signature(a('array'), http, number(SOCKET)),
  httpSetRoute: signature(nothing, http, text('/'), int(ROUTE)),
  httpDelRoute: signature('ERR_EV_NOT_FOUND', http, text('/')),
  httpSetRouteInC: signature(nothing, http, text('/'), int(ROUTE), address(TELL), address(0n)),
  httpSetGencb: signature(nothing, http, bool(true)),
  httpSetGencbInC: signature(nothing, http, address(TELL), address(0n)),
  httpAddVirtualHost: signature(
    nothing,
    http,
    text('host'),
    handle((gallery) => gallery.spare),
  ),
  httpRemoveVirtualHost: signature(
    'ERR_EV_NOT_FOUND',
    http,
    handle((gallery) => gallery.spare),
  ),
  httpAddServerAlias: signature(nothing, http, text('alias')),
  httpRemoveServerAlias: signature('ERR_EV_NOT_FOUND', http, text('alias')),
  httpSetMaxHeadersSize: signature(nothing, http, number(8192)),
  httpSetMaxBodySize: signature(nothing, http, number(8192)),
  httpSetTimeout: signature(nothing, http, number(1000)),
  httpSetAllowedMethods: signature(nothing, http, int(EVHTTP_REQ_GET)),
  httpSetDefaultContentType: signature(nothing, http, optional(text('text/plain'))),
  httpSetFlags: signature(nothing, http, int(0)),
  httpSetStreamRoute: signature(nothing, http, text('/'), int(ROUTE)),
  httpSetExtensionMethods: signature(nothing, http, list(['PROPFIND'])),
  httpSetRequestTimeout: signature(nothing, http, number(1000)),
  httpSetMaxConnections: signature(nothing, http, int(1)),
  httpSetMaxOutput: signature(nothing, http, number(8192)),
  httpGetConnectionCount: signature(is(1), http),
  httpSetErrorPage: signature(nothing, http, bool(true)),
  httpAnswerPage: signature(
    'ERR_EV_STATE',
    http,
    int(400),
    optional(text('Bad')),
    optional(bytes('body')),
    optional(list(['Name', 'value'])),
  ),

  listenerBindTcp: signature(
    a('number'),
    base,
    text('127.0.0.1', ['', '\0', '\ud800', 'x'.repeat(100_000)]),
    int(0, [-1, 65536, 2 ** 31 - 1, -(2 ** 31)]),
    int(1),
    bool(true),
    bool(false),
    bool(false),
    int(LEV_OPT_CLOSE_ON_FREE),
  ),
  listenerBindUnix: signature(
    a('number'),
    base,
    text(() => getUniquePath(tmpdir()), ['', '\0', '/', '/nowhere/at/all', `/${'x'.repeat(100_000)}`]),
    int(1),
    int(LEV_OPT_CLOSE_ON_FREE),
  ),
  listenerNew: signature('ERR_EV_BIND', base, int(2 ** 31 - 1, [-1, -(2 ** 31)]), int(0), int(0)),
  listenerSetEnabled: signature(nothing, listener, bool(true)),
  listenerSetHasCallback: signature(nothing, listener, bool(true)),
  listenerSetNoDelay: signature(nothing, listener, bool(true)),
  listenerTakeAccepted: signature(is(undefined), listener),
  listenerGetFd: signature(a('number'), listener),
  listenerAddress: signature(a('array'), listener),

  requestNew: signature(a('number')),
  requestCancel: signature('ERR_EV_STATE', outgoing),
  requestWantHeaders: signature(nothing, outgoing),
  requestWantChunks: signature(nothing, outgoing),
  requestReject: signature(nothing, outgoing),
  requestSetDeadline: signature(nothing, outgoing, number(60_000)),
  requestSetPaused: signature('ERR_EV_STATE', outgoing, bool(true)),
  requestSend: signature(
    nothing,
    client,
    outgoing,
    int(EVHTTP_REQ_GET),
    text('/'),
    text('Name\0value\0'),
    optional(bytes('body')),
  ),
  requestTakeReply: signature(a('string'), outgoing, optional(slab()), number(0)),
  requestBeginChunks: signature(nothing, outgoing),
  requestSendChunk: { ...signature(is(true), outgoing, optional(bytes('data')), number(0)), prepare: makeInChunks },
  requestEndChunks: { ...signature(nothing, outgoing), prepare: makeInChunks },
  requestCheckUsable: signature(nothing, incoming),
  requestGetCommand: signature(is(EVHTTP_REQ_POST), incoming),
  requestGetMethod: signature(is('POST'), incoming),
  requestReadBody: signature(is(Buffer.from(REQUEST_BODY)), incoming),
  requestGetUri: signature(is(REQUEST_URI), incoming),
  requestGetHost: signature(is('127.0.0.1'), incoming),
  requestGetHttpVersion: signature(is('1.1'), incoming),
  requestGetResponseCode: signature(is(0), incoming),
  requestGetResponseCodeLine: signature(is(undefined), incoming),
  requestBody: signature(is(Buffer.from(REQUEST_BODY)), incoming),
  requestBodyText: signature(is(REQUEST_BODY), incoming),
  requestHeaderInto: signature(is(-1), incoming, text('host'), secureNumber()),
  requestBodyInto: signature(is(-1), incoming, secureNumber()),
  requestGetBuffer: signature(a('number'), incoming, bool(true)),
  requestGetConnection: signature(a('number'), incoming),
  requestKeep: signature(nothing, incoming),
  requestIsLost: signature(is(false), incoming),
  requestWantComplete: signature(nothing, incoming),
  requestReply: signature(
    nothing,
    incoming,
    int(200),
    optional(text('Fine')),
    optional(bytes('body')),
    optional(list(['Name', 'value'])),
  ),
  requestSendError: signature(nothing, incoming, int(500), optional(text('Bad'))),
  requestSendReplyStart: signature(
    is(-1),
    incoming,
    int(200),
    optional(text('Fine')),
    optional(list(['Name', 'value'])),
  ),
  requestSendReplyChunk: { ...signature(is(true), incoming, optional(bytes('data')), number(0)), prepare: startReply },
  requestSendReplyPart: { ...signature(is(false), incoming, optional(bytes('data')), number(0)), prepare: startReply },
  requestSendReplyFile: {
    ...signature('ERR_EV_STATE', incoming, int(0), number(0), number(1), number(0)),
    prepare: startReply,
  },
  requestSendReplyEnd: { ...signature(nothing, incoming), prepare: startReply },

  uriNew: signature(a('number'), optional(text('http://host/')), int(0)),
  uriGet: signature(is('http'), uri, int(0)),
  uriSet: signature(nothing, uri, int(0), optional(text('https'))),
  uriGetPort: signature(is(-1), uri),
  uriSetPort: signature(nothing, uri, int(80)),
  uriSetFlags: signature(nothing, uri, int(1)),
  uriJoin: signature(is('http://host/path'), uri),
  uriEncode: signature(is('a%20b'), optional(bytes('a b')), bool(false)),
  uriDecode: signature(is(Buffer.from('a b')), text('a%20b'), bool(false)),
  htmlEscape: signature(is('&lt;'), text('<')),

  keyvalqNew: signature(a('number')),
  keyvalqFindHeader: signature(is('127.0.0.1'), incoming, int(INPUT), text('host')),
  keyvalqAddHeader: signature(nothing, incoming, int(OUTPUT), text('Name'), text('value')),
  keyvalqRemoveHeader: signature(is(true), incoming, int(INPUT), text('host')),
  keyvalqClearHeaders: signature(nothing, incoming, int(INPUT)),
  keyvalqListHeaders: signature(a('array'), incoming, int(INPUT)),
  keyvalqParseQuery: signature(nothing, keyvalq, text('a=b'), bool(false)),

  connectionNew: signature(a('number'), base, text('127.0.0.1'), int(1)),
  connectionNewUnix: signature(a('number'), base, text('/nowhere')),
  connectionNewFd: signature('ERR_EV_CONNECT', base, int(2 ** 31 - 1, [-1, -(2 ** 31)])),
  connectionNewDns: signature(a('number'), base, text('127.0.0.1'), int(1), dns),
  connectionGetBufferevent: signature(a('number'), view),
  connectionGetPeer: signature(a('array'), view),
  connectionGetAddr: signature(a('array'), client),
  connectionSetTimeouts: signature(nothing, client, number(1000), number(1000), number(1000)),
  connectionSetRetries: signature(nothing, client, int(0)),
  connectionSetInitialRetry: signature(nothing, client, number(1000)),
  connectionSetLocalAddress: signature(nothing, client, text('127.0.0.1')),
  connectionSetLocalPort: signature(nothing, client, int(0, [-1, 65536, 2 ** 31 - 1, -(2 ** 31)])),
  connectionSetFamily: signature(nothing, client, int(4)),
  connectionSetFlags: signature(nothing, client, int(0)),
  connectionFreeOnCompletion: signature(nothing, client),
  connectionGetFailure: signature(is(undefined), client),
  connectionSetMaxHeadersSize: signature(nothing, client, number(8192)),
  connectionSetMaxBodySize: signature(nothing, client, number(8192)),
  connectionMakeRequest: signature(nothing, client, outgoing, int(EVHTTP_REQ_GET), text('/'), optional(bytes('body'))),
}
