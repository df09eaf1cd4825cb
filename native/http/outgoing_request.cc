#include "http/outgoing_request.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "buffers/shared_bytes.h"
#include "http/client_connection.h"
#include "http/field_value.h"
#include "http/flag_scope.h"
#include "http/header_list.h"
#include "http/http_client.h"
#include "http/http_header_block.h"
#include "http/http_method.h"
#include "http/parsed_reply.h"
#include "libevent/catch_bad_alloc.h"
#include "libevent/memory_reserve.h"
#include "napi/arguments.h"
#include "napi/byte_source.h"
#include "napi/byte_span.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/shared_constants.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

// The timeout of the event that keeps the base alive while the reading is paused.
constexpr timeval kLongTime{1'000'000, 0};

OwnRequest NewRequest(void (*done)(evhttp_request*, void*), void* arg) {
  MemoryReserve::Require();
  OwnRequest request(evhttp_request_new(done, arg));
  if (request == nullptr) throw std::bad_alloc();
  // It lives as long as its handle, however it ends.
  evhttp_request_own(request.get());
  return request;
}

// The reason and all headers in one string, which JavaScript takes apart when it is asked for one: reason,
// NUL, name, NUL, value, NUL …
Napi::Value FlatHead(Napi::Env env, const char* reason, const evkeyvalq* headers) {
  size_t length = 1 + (reason == nullptr ? 0 : std::strlen(reason));
  for (const evkeyval* header = headers->tqh_first; header != nullptr; header = header->next.tqe_next) {
    length += std::strlen(header->key) + std::strlen(header->value) + 2;
  }
  std::string flat;
  // It never grows, so that no copy stays behind.
  flat.reserve(length);
  if (reason != nullptr) flat.append(reason);
  flat.push_back('\0');
  for (const evkeyval* header = headers->tqh_first; header != nullptr; header = header->next.tqe_next) {
    flat.append(header->key).push_back('\0');
    flat.append(header->value).push_back('\0');
  }
  napi_value text;
  const napi_status status = napi_create_string_latin1(env, flat.data(), flat.size(), &text);
  MemoryCleanse(flat.data(), flat.size());
  if (status != napi_ok) throw Napi::Error::New(env);
  return Napi::Value(env, text);
}

}  // namespace

OutgoingRequest::OutgoingRequest(Environment& env) : EvHttpRequest(env, NewRequest(OnDone, this)) {
  evhttp_request_set_error_cb(m_request, OnError);
  evhttp_request_set_header_cb(m_request, OnHeaders);
}

OutgoingRequest::~OutgoingRequest() {
  if (m_deadline != nullptr) event_free(m_deadline);
  if (m_hold != nullptr) event_free(m_hold);
}

HttpClient& OutgoingRequest::client() const { return m_connection->http(); }

OutgoingRequest& OutgoingRequest::OutgoingAt(const Napi::CallbackInfo& info, size_t index) {
  EvHttpRequest& request = At(info, index);
  OutgoingRequest* const self = request.outgoing();
  if (self == nullptr) ThrowEventError(request.env(), code::kState, "the request is a server's");
  return *self;
}

void* OutgoingRequest::GiveToC() {
  CheckThere();
  m_known_to_c = true;
  if (m_connection != nullptr) client().ShowToC();
  return m_request;
}

void OutgoingRequest::CheckThere() const {
  // After a failure libevent's request must not be used any more.
  if (m_request == nullptr) {
    ThrowEventError(env(), code::kDisposed, HandleEnd{&type(), id(), EndReason::kExchangeOver}.Describe());
  }
  if (m_state == State::kClosing) {
    ThrowEventError(env(), code::kState, "the request's connection is closing");
  }
}

void OutgoingRequest::CheckOutputIsOurs() const {
  if (m_state == State::kNew && m_body == Body::kWhole) return;
  ThrowEventError(env(), code::kState, "the request has been made, or its body comes in chunks");
}

unsigned OutgoingRequest::Command() const { return CommandOf(m_request); }

std::string_view OutgoingRequest::method() const { return NameOfMethod(static_cast<unsigned>(m_command)); }

const char* OutgoingRequest::Uri() const {
  // libevent gets the URI only when there is a connection.
  return m_state == State::kNew ? evhttp_request_get_uri(m_request) : m_uri.c_str();
}

double OutgoingRequest::ObtainConnection() {
  return under_way() && m_connection != nullptr ? m_connection->number() : 0;
}

bool OutgoingRequest::AsksForUpgrade() const {
  const evkeyvalq* const headers = evhttp_request_get_output_headers(m_request);
  return evhttp_find_header(headers, "Upgrade") != nullptr && ConnectionOptions::Of(*headers).upgrade;
}

// --- making it ---------------------------------------------------------------------------------------

void OutgoingRequest::AppendOutput(Napi::Env env, napi_value bytes) {
  if (m_state != State::kNew) ThrowEventError(this->env(), code::kState, "the request has been made");
  if (m_body != Body::kWhole)
    ThrowEventError(this->env(), code::kState, "the request's body comes in chunks");
  evbuffer* const output = evhttp_request_get_output_buffer(m_request);
  this->env().State<SharedBytes>().Append(ByteSource(env, bytes), output);
}

// libevent does so only for POST and PUT. Without a length the server would read the body as the next
// request.
void OutgoingRequest::AddContentLength() {
  evkeyvalq* const headers = evhttp_request_get_output_headers(m_request);
  const size_t length = evbuffer_get_length(evhttp_request_get_output_buffer(m_request));
  if (m_command == EVHTTP_REQ_POST || m_command == EVHTTP_REQ_PUT) return;
  // RFC 9110 8.6: a method that is meant to have a body states the length of an empty one, too.
  if (length == 0 && m_command != EVHTTP_REQ_PATCH) return;
  if (evhttp_find_header(headers, "Content-Length") != nullptr) return;
  if (evhttp_find_header(headers, "Transfer-Encoding") != nullptr) return;
  evhttp_add_header(headers, "Content-Length", std::to_string(length).c_str());
}

void OutgoingRequest::Make(ClientConnection& connection, int command, const std::string& uri) {
  if (m_state != State::kNew) ThrowEventError(env(), code::kState, "the request has been made");
  m_command = command;
  m_uri = uri;
  AddContentLength();
  JoinBase(connection.base());
  const EventBase::BusyScope busy(base());
  InvalidateOutput();
  Enter(State::kMade);
  m_connection = &connection;
  m_request->type = static_cast<evhttp_cmd_type>(command);
  m_request->major = m_request->minor = 1;
  StartDeadline();
  connection.http().Make(*this);
}

int OutgoingRequest::HandToLibevent(evhttp_connection* connection) {
  m_libevent_ended = false;
  return evhttp_make_request(connection, m_request, static_cast<evhttp_cmd_type>(m_command), m_uri.c_str());
}

// --- how it ends -------------------------------------------------------------------------------------

void OutgoingRequest::Dispose() {
  if (!live()) return;
  if (m_state == State::kNew) {
    delete this;
  } else if (m_state == State::kEnded) {
    End();
  } else {
    Fail();
  }
}

void OutgoingRequest::Fail(int error) {
  EventBase& on = base();
  const EventBase::BusyScope busy(on);
  const double self = number();
  Environment& environment = env();
  if (m_state == State::kEnded) {
    m_connection = nullptr;
    return;
  }
  if (m_error < 0) m_error = error;
  ClientConnection* const connection = m_connection;
  if (under_way() && m_request != nullptr && client().HandedOver(*this)) {
    Enter(State::kClosing);
    Cancel();
  }
  if (environment.FindAny(self) == nullptr) return;
  if (connection != nullptr) connection->http().Remove(*this);
  // libevent does not call back for a request that it was not given.
  if (m_request != nullptr) ReportFailure(m_error);
  EndUnanswered(environment, on, self, error != EVREQ_HTTP_REQUEST_CANCEL);
  if (connection == nullptr) return;
  connection->http().EndIfUnused();
  connection->http().StartNext();
}

void OutgoingRequest::Cancel() {
  // libevent is closing the connection, and will end this request by itself.
  if (m_libevent_ended || client().closing()) return;
  if (!m_in_callback) {
    evhttp_cancel_request(m_request);
    return;
  }
  // libevent is reading the reply, and would go on with memory that it has freed.
  base().WhenIdle([this, request = m_request] {
    if (!m_libevent_ended) evhttp_cancel_request(request);
  });
  client().Drop();
}

void OutgoingRequest::NoteWrongReply() {
  if (m_error < 0) m_error = EVREQ_HTTP_INVALID_HEADER;
}

void OutgoingRequest::AwaitEnd() {
  if (under_way()) Enter(State::kClosing);
}

void OutgoingRequest::ReportFailure(int error) {
  ForgetRequest();
  env().callbacks().Call(base(), JsCallback::kClientError, {slot(), static_cast<double>(error)});
}

// Ends a request for which libevent will not call back, unless it has ended meanwhile.
void OutgoingRequest::EndUnanswered(Environment& environment, EventBase& on, double number, bool call) {
  const auto* const request = static_cast<OutgoingRequest*>(environment.FindAny(number));
  if (request == nullptr) return;
  environment.callbacks().Call(on, JsCallback::kClientDone, {request->slot(), 0, call ? 1.0 : 0.0});
  if (Handle* const handle = environment.FindAny(number); handle != nullptr) {
    static_cast<OutgoingRequest*>(handle)->End();
  }
}

void OutgoingRequest::EndUnconnected() {
  const EventBase::BusyScope busy(base());
  m_libevent_ended = true;
  client().Remove(*this);
  Enter(State::kEnded);
  env().callbacks().Call(base(), JsCallback::kClientDone, {slot(), 1, 1});
  if (live()) End();
}

void OutgoingRequest::End() {
  if (!live()) return;
  if (m_connection != nullptr) client().Remove(*this);
  ForgetRequest();
  if (m_deadline != nullptr) event_del(m_deadline);
  if (m_hold != nullptr) event_del(m_hold);
  for (const double key : TakeWrittenKeys()) {
    env().callbacks().Call(base(), JsCallback::kChunkWritten, {key, 0});
  }
  const Environment::EndScope ends(env(), EndReason::kExchangeOver);
  RetireChild();
  // libevent may still call back for it before this turn is over.
  base().WhenIdle([this] { delete this; });
}

void OutgoingRequest::OnDone(evhttp_request* request, void* arg) {
  OutgoingRequest& self = *static_cast<OutgoingRequest*>(arg);
  const EventBase::BusyScope busy(self.base());
  self.m_libevent_ended = true;
  if (!self.live() || self.m_connection == nullptr) return;
  HttpClient& client = self.client();
  if (request != nullptr && evhttp_request_get_response_code(request) == 0) {
    client.NoteFailure();
    if (!client.RetryConnect()) client.EndAllUnconnected();
    return;
  }
  if (request != nullptr) client.NoteReply(self);
  if (!self.live()) return;
  client.Remove(self);
  // `request` is null when it has failed.
  self.m_request = request;
  self.Enter(State::kEnded);
  self.env().callbacks().Call(self.base(), JsCallback::kClientDone,
                              {self.slot(), request != nullptr ? 1.0 : 0.0, 1});
  if (self.live()) self.End();
  client.EndIfUnused();
  client.StartNext();
}

void OutgoingRequest::OnError(evhttp_request_error error, void* arg) {
  OutgoingRequest& self = *static_cast<OutgoingRequest*>(arg);
  const EventBase::BusyScope busy(self.base());
  self.m_libevent_ended = true;
  if (!self.live()) return;
  if (self.m_connection != nullptr && self.client().IsCurrent(self)) {
    self.client().NoteFailure();
    if (error == EVREQ_HTTP_TIMEOUT) self.client().NoteTimeout(false);
  }
  self.ReportFailure(self.m_error >= 0 ? self.m_error : error);
}

// --- while it is under way ---------------------------------------------------------------------------

// @returns negative to have libevent close the connection
int OutgoingRequest::OnHeaders(evhttp_request* request, void* arg) {
  OutgoingRequest& self = *static_cast<OutgoingRequest*>(arg);
  const EventBase::BusyScope busy(self.base());
  if (!self.live()) return -1;
  ReceivedReply head;
  bool read = true;
  CatchBadAlloc([&] { head = ReadReceivedReply(request); }, [&] { read = false; });
  if (!read) {
    self.m_error = EVREQ_HTTP_BUFFER_ERROR;
    return -1;
  }
  if (head.interim) return 0;
  if (head.ends_connection) self.client().EndAfterReply();
  if (self.m_state == State::kMade) self.Enter(State::kReading);
  if (!self.m_wants_headers) return 0;
  const FlagScope in_callback(self.m_in_callback);
  self.env().callbacks().Call(self.base(), JsCallback::kClientHeaders, {self.slot()});
  return self.live() && !self.m_rejected ? 0 : -1;
}

void OutgoingRequest::OnChunk(evhttp_request*, void* arg) {
  OutgoingRequest& self = *static_cast<OutgoingRequest*>(arg);
  if (!self.live() || !self.under_way()) return;
  const EventBase::BusyScope busy(self.base());
  const FlagScope in_callback(self.m_in_callback);
  self.env().callbacks().Call(self.base(), JsCallback::kClientChunk, {self.slot()});
}

void OutgoingRequest::SetDeadline(double ms) {
  m_deadline_ms = ms;
  if (under_way()) StartDeadline();
}

void OutgoingRequest::StartDeadline() {
  const auto timeout = TimevalFromMs(m_deadline_ms);
  if (!timeout) {
    if (m_deadline != nullptr) event_del(m_deadline);
    return;
  }
  if (m_deadline == nullptr) m_deadline = evtimer_new(base().base(), OnDeadline, this);
  const timeval common = base().common_timeouts().Common(base().base(), *timeout);
  if (m_deadline == nullptr || event_add(m_deadline, &common) != 0) throw std::bad_alloc();
}

void OutgoingRequest::OnDeadline(evutil_socket_t, short, void* arg) {
  OutgoingRequest& self = *static_cast<OutgoingRequest*>(arg);
  if (self.live() && self.under_way()) self.Fail(EVREQ_HTTP_TIMEOUT);
}

void OutgoingRequest::SetPaused(bool on) {
  // In any other state libevent says what is read.
  if (m_state != State::kReading || !client().HandedOver(*this)) {
    ThrowEventError(env(), code::kState, "no body is being read");
  }
  if (on) {
    if (m_hold == nullptr) {
      m_hold = event_new(base().base(), -1, EV_PERSIST, [](evutil_socket_t, short, void*) {}, nullptr);
    }
    if (m_hold == nullptr || event_add(m_hold, &kLongTime) != 0) throw std::bad_alloc();
    bufferevent_disable(client().stream(), EV_READ);
  } else {
    if (m_hold != nullptr) event_del(m_hold);
    bufferevent_enable(client().stream(), EV_READ);
  }
}

// --- a body that is sent in chunks -------------------------------------------------------------------

// The buffer that chunks go to: the connection's output, or ours until the connection has the request. Null
// when the reply has come, and the server reads no more.
evbuffer* OutgoingRequest::ChunkTarget() const {
  if (m_connection != nullptr && client().IsCurrent(*this) && client().connected()) {
    return client().upload().active() ? bufferevent_get_output(client().stream()) : nullptr;
  }
  return m_chunks.get();
}

void OutgoingRequest::BeginChunks() {
  if (m_state != State::kNew || m_body != Body::kWhole) {
    ThrowEventError(env(), code::kState, "the request has been made");
  }
  if (evbuffer_get_length(evhttp_request_get_output_buffer(m_request)) > 0) {
    ThrowEventError(env(), code::kState, "the request has a body");
  }
  m_chunks = NewBuffer();
  m_body = Body::kChunks;
  InvalidateOutput();
}

// JavaScript wants `key` back when what is in `target`, which ChunkTarget() returned, has been written. 0 for
// no key.
void OutgoingRequest::NoteWritten(const evbuffer& target, double key) {
  if (&target != m_chunks.get()) {
    client().upload().NoteMore(key);
  } else if (key != 0) {
    m_written_keys.push_back(key);
  }
}

void OutgoingRequest::CheckTakesChunks() const {
  if (!under_way() || m_body != Body::kChunks) {
    ThrowEventError(env(), code::kState, "the request takes no chunks");
  }
}

// --- the native functions ----------------------------------------------------------------------------

// ()
Napi::Value OutgoingRequest::NewNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), (new OutgoingRequest(Environment::From(info)))->number());
}

// (request)
Napi::Value OutgoingRequest::CancelNapi(const Napi::CallbackInfo& info) {
  OutgoingRequest& self = Outgoing(info);
  if (!self.under_way()) {
    ThrowEventError(self.env(), code::kState, "the request is not under way");
  }
  self.Fail();
  return info.Env().Undefined();
}

// (request): calls back when the reply's headers have come
Napi::Value OutgoingRequest::WantHeadersNapi(const Napi::CallbackInfo& info) {
  Outgoing(info).m_wants_headers = true;
  return info.Env().Undefined();
}

// (request): calls back for each part of the reply's body, which is gone afterwards
Napi::Value OutgoingRequest::WantChunksNapi(const Napi::CallbackInfo& info) {
  evhttp_request_set_chunked_cb(Outgoing(info).m_request, OnChunk);
  return info.Env().Undefined();
}

// (request): in the callback for its headers
Napi::Value OutgoingRequest::RejectNapi(const Napi::CallbackInfo& info) {
  Outgoing(info).m_rejected = true;
  return info.Env().Undefined();
}

// (request, ms | negative)
Napi::Value OutgoingRequest::SetDeadlineNapi(const Napi::CallbackInfo& info) {
  Outgoing(info).SetDeadline(NumberArg(info, 1));
  return info.Env().Undefined();
}

// (request, on): while it is on, no more of the reply's body is read
Napi::Value OutgoingRequest::SetPausedNapi(const Napi::CallbackInfo& info) {
  Outgoing(info).SetPaused(BoolArg(info, 1));
  return info.Env().Undefined();
}

// (request, slab | undefined, offset) -> reason and headers; see SharedNumber for the rest. A
// body of at most kShortBody is put into the slab, if there is one; any other stays where it is.
Napi::Value OutgoingRequest::TakeReplyNapi(const Napi::CallbackInfo& info) {
  OutgoingRequest& self = Outgoing(info);
  const Napi::Env env = info.Env();
  evhttp_request* const reply = self.m_request;
  const double offset = NumberArg(info, 2);
  double length = -1;
  if (!info[1].IsUndefined()) {
    evbuffer* const input = evhttp_request_get_input_buffer(reply);
    const size_t size = evbuffer_get_length(input);
    const auto slab = ByteSpan::OfUnsharedBytes(env, info[1]);
    if (!slab) ThrowTypeError(env, "a slab must be a Uint8Array");
    const bool fits = offset >= 0 && offset + static_cast<double>(size) <= static_cast<double>(slab->size);
    if (size <= kShortBody && fits) {
      evbuffer_remove(input, slab->data + static_cast<size_t>(offset), size);
      length = static_cast<double>(size);
    }
  }
  SharedNumbers& numbers = self.env().numbers();
  numbers.Set(SharedNumber::kReplyStatus, evhttp_request_get_response_code(reply));
  numbers.Set(SharedNumber::kReplyMinor, reply->minor);
  numbers.Set(SharedNumber::kReplyLength, length);
  return FlatHead(env, evhttp_request_get_response_code_line(reply), evhttp_request_get_input_headers(reply));
}

// (connection, request, command, uri, headers, body | undefined): all that most requests have at once.
// headers: name, NUL, value, NUL, name …
Napi::Value OutgoingRequest::SendNapi(const Napi::CallbackInfo& info) {
  const int command = IntArg(info, 2);
  const std::string uri = StringArg(info, 3);
  HeaderList headers;
  AddHeaderBlock(info.Env(), info[4], headers);
  EvHttpConnection& connection = Environment::From(info).Get<EvHttpConnection>(info[0]);
  ClientConnection* const client = connection.client();
  OutgoingRequest& self = OutgoingAt(info, 1);
  if (client == nullptr || client->http().shut() || self.m_state != State::kNew) {
    ThrowEventError(self.env(), code::kState, "the connection has ended, or the request has been made");
  }
  if (!info[5].IsUndefined()) self.AppendOutput(info.Env(), info[5]);
  headers.MoveTo(evhttp_request_get_output_headers(self.m_request));
  self.Make(*client, command, uri);
  return info.Env().Undefined();
}

// (request): its body comes in chunks
Napi::Value OutgoingRequest::BeginChunksNapi(const Napi::CallbackInfo& info) {
  Outgoing(info).BeginChunks();
  return info.Env().Undefined();
}

// (request, data, key | 0) -> whether the key will be called back with
Napi::Value OutgoingRequest::SendChunkNapi(const Napi::CallbackInfo& info) {
  OutgoingRequest& self = Outgoing(info);
  self.CheckTakesChunks();
  const double key = NumberArg(info, 2);
  const ByteSource data(info.Env(), info[1]);
  evbuffer* const target = self.ChunkTarget();
  if (target == nullptr) return Napi::Boolean::New(info.Env(), false);
  if (data.size() == 0) {
    // An empty chunk counts as written when all before it has been written.
    const bool waits = evbuffer_get_length(target) > 0;
    if (waits) self.NoteWritten(*target, key);
    return Napi::Boolean::New(info.Env(), waits);
  }
  evbuffer_add_printf(target, "%zx\r\n", data.size());
  self.env().State<SharedBytes>().Append(data, target);
  evbuffer_add(target, "\r\n", 2);
  self.NoteWritten(*target, key);
  return Napi::Boolean::New(info.Env(), true);
}

// (request)
Napi::Value OutgoingRequest::EndChunksNapi(const Napi::CallbackInfo& info) {
  OutgoingRequest& self = Outgoing(info);
  self.CheckTakesChunks();
  self.m_body = Body::kChunksEnded;
  evbuffer* const target = self.ChunkTarget();
  if (target == nullptr) return info.Env().Undefined();
  evbuffer_add(target, "0\r\n\r\n", 5);
  if (target != self.m_chunks.get()) self.client().upload().NoteEnd();
  return info.Env().Undefined();
}

void OutgoingRequest::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<NewNapi>(env, exports, "requestNew", state);
  ExportFunction<CancelNapi>(env, exports, "requestCancel", state);
  ExportFunction<WantHeadersNapi>(env, exports, "requestWantHeaders", state);
  ExportFunction<WantChunksNapi>(env, exports, "requestWantChunks", state);
  ExportFunction<RejectNapi>(env, exports, "requestReject", state);
  ExportFunction<SetDeadlineNapi>(env, exports, "requestSetDeadline", state);
  ExportFunction<SetPausedNapi>(env, exports, "requestSetPaused", state);
  ExportFunction<SendNapi>(env, exports, "requestSend", state);
  ExportFunction<TakeReplyNapi>(env, exports, "requestTakeReply", state);
  ExportFunction<BeginChunksNapi>(env, exports, "requestBeginChunks", state);
  ExportFunction<SendChunkNapi>(env, exports, "requestSendChunk", state);
  ExportFunction<EndChunksNapi>(env, exports, "requestEndChunks", state);
}

}  // namespace bitcoin_support
