#include "http/incoming_request.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>

#include <charconv>
#include <cstring>
#include <optional>

#include "buffers/memory_block.h"
#include "buffers/shared_bytes.h"
#include "http/ev_http.h"
#include "http/field_value.h"
#include "http/header_list.h"
#include "http/http_method.h"
#include "http/http_status.h"
#include "http/reply_args.h"
#include "http/reply_file.h"
#include "http/reply_part.h"
#include "http/reply_writer.h"
#include "http/server_connection.h"
#include "http/server_connection_view.h"
#include "libevent/catch_bad_alloc.h"
#include "napi/arguments.h"
#include "napi/byte_source.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"

namespace bitcoin_support {
namespace {

// Takes all bytes out of `buffer`.
Napi::Value TakeAll(Napi::Env env, evbuffer* buffer) {
  const size_t length = evbuffer_get_length(buffer);
  if (length >= MemoryBlock::kLeast) {
    const Napi::Value bytes = MemoryBlock::BufferOf(env, buffer, length);
    evbuffer_drain(buffer, length);
    return bytes;
  }
  void* data = nullptr;
  napi_value bytes;
  if (napi_create_buffer(env, length, &data, &bytes) != napi_ok) throw Napi::Error::New(env);
  evbuffer_remove(buffer, data, length);
  return Napi::Value(env, bytes);
}

// Reads the Content-Length of `headers` into `length` where there is one.
// @returns false when it is no number, or there are several
bool ReadContentLength(const evkeyvalq& headers, std::optional<uint64_t>& length) {
  for (const evkeyval* header = headers.tqh_first; header != nullptr; header = header->next.tqe_next) {
    if (!EqualsIgnoringCase(header->key, "Content-Length")) continue;
    const char* const end = header->value + std::strlen(header->value);
    uint64_t bytes = 0;
    const auto [rest, error] = std::from_chars(header->value, end, bytes);
    if (length || error != std::errc() || rest != end) return false;
    length = bytes;
  }
  return true;
}

}  // namespace

IncomingRequest::IncomingRequest(EventBase& base, evhttp_request* request, ServerConnection& server,
                                 unsigned command)
    : EvHttpRequest(base, request), m_server(&server), m_command(command) {}

void* IncomingRequest::GiveToC() {
  // An answer by C would free the request, which the handle owns.
  if (m_state == State::kOrphan) ThrowEventError(env(), code::kState, "the request's connection has gone");
  m_server->ShowToC();
  return m_request;
}

// --- its states --------------------------------------------------------------------------------------

bool IncomingRequest::AnsweredByC() const { return m_request->userdone != 0; }

void IncomingRequest::LoseConnection() { Enter(State::kLost); }

bool IncomingRequest::OutliveConnection() {
  if (!m_kept) {
    Dispose();
    return false;
  }
  if (m_command == 0) {
    // Without memory its method reads as empty.
    CatchBadAlloc([this] { m_orphan_method = ExtensionMethod(); }, [] {});
  }
  // Otherwise libevent frees it with the connection.
  evhttp_request_own(m_request);
  m_request->evcon = nullptr;
  TakeOver();
  m_server->ReleaseRequest();
  m_server = nullptr;
  Enter(State::kOrphan);
  return true;
}

void IncomingRequest::Dispose() {
  if (!live()) return;
  switch (m_state) {
    case State::kUnanswered:
      if (AnsweredByC()) {
        EndHandle();
      } else {
        SendError(HTTP_INTERNAL, "Unhandled request");
      }
      return;
    case State::kStreaming: {
      // To end a chunked reply would make a part look like the whole, so the connection is cut.
      ServerConnection& server = *m_server;
      const bool cuts = !AnsweredByC();
      EndHandle();
      if (cuts) server.Cut();
      return;
    }
    case State::kLost:
      EndHandle();
      return;
    case State::kOrphan:
      RetireChild();
      InvalidateViews();
      base().WhenIdle([this] { delete this; });
      return;
  }
}

void IncomingRequest::EndHandle() {
  m_server->ReleaseRequest();
  delete this;
}

IncomingRequest& IncomingRequest::Answerable(const Napi::CallbackInfo& info) {
  EvHttpRequest& request = This(info);
  IncomingRequest* const self = request.incoming();
  if (self == nullptr) {
    ThrowEventError(request.env(), code::kState, "the request is a client's: it cannot be answered");
  }
  if (self->m_state == State::kLost || self->m_state == State::kOrphan) {
    ThrowEventError(self->env(), code::kState, "the request's connection is closing, or has gone");
  }
  if (self->AnsweredByC()) ThrowEventError(self->env(), code::kState, "C has answered the request");
  return *self;
}

IncomingRequest& IncomingRequest::Unanswered(const Napi::CallbackInfo& info) {
  IncomingRequest& self = Answerable(info);
  if (self.m_state != State::kUnanswered) {
    ThrowEventError(self.env(), code::kState, "the reply has been started");
  }
  return self;
}

IncomingRequest& IncomingRequest::Streaming(const Napi::CallbackInfo& info) {
  IncomingRequest& self = Answerable(info);
  if (self.m_state != State::kStreaming) {
    ThrowEventError(self.env(), code::kState, "the reply has not been started");
  }
  return self;
}

void IncomingRequest::CheckOutputIsOurs() const {
  switch (m_state) {
    case State::kUnanswered:
    case State::kOrphan:
      return;
    case State::kStreaming:
      ThrowEventError(env(), code::kState, "the reply has been started");
    case State::kLost:
      // What is put there will not be sent.
      if (m_kept) return;
      ThrowEventError(env(), code::kState, "the request's connection is closing");
  }
}

// (request): it stays when its connection goes, until it is disposed
Napi::Value IncomingRequest::KeepNapi(const Napi::CallbackInfo& info) {
  if (IncomingRequest* const self = This(info).incoming()) self->m_kept = true;
  return info.Env().Undefined();
}

// (request) -> whether it cannot be answered any more, because its connection goes or has gone
Napi::Value IncomingRequest::IsLostNapi(const Napi::CallbackInfo& info) {
  const IncomingRequest* const self = This(info).incoming();
  const bool lost = self != nullptr && (self->m_state == State::kLost || self->m_state == State::kOrphan);
  return Napi::Boolean::New(info.Env(), lost);
}

// --- the request itself --------------------------------------------------------------------------------

std::string_view IncomingRequest::ExtensionMethod() const {
  if (m_state == State::kOrphan) return m_orphan_method;
  const RequestGate* const gate = m_server->gate();
  return gate != nullptr ? std::string_view(gate->extension_method()) : std::string_view();
}

double IncomingRequest::ObtainConnection() {
  if (m_state == State::kOrphan) return 0;
  if (m_server->view() == nullptr) m_server->set_view(new ServerConnectionView(base(), *m_server));
  return m_server->view()->number();
}

// (request) -> the next piece of the body, null at its end, undefined when JsCallback::kBodyReadable will
// come, false when the rest will not
Napi::Value IncomingRequest::ReadBodyNapi(const Napi::CallbackInfo& info) {
  EvHttpRequest& request = This(info);
  const Napi::Env env = info.Env();
  IncomingRequest* const self = request.incoming();
  if (self == nullptr) ThrowEventError(request.env(), code::kState, "the request is a client's");
  RequestGate* const gate = self->m_server == nullptr ? nullptr : self->m_server->gate();
  if (gate == nullptr || gate->body_state() == RequestGate::Body::kNone) {
    evbuffer* const input = evhttp_request_get_input_buffer(self->m_request);
    return evbuffer_get_length(input) > 0 ? TakeAll(env, input) : env.Null();
  }
  const EventBase::BusyScope busy(self->base());
  gate->PullBody();
  if (evbuffer_get_length(gate->body()) > 0) return TakeAll(env, gate->body());
  if (gate->body_state() == RequestGate::Body::kWhole) return env.Null();
  if (gate->body_state() == RequestGate::Body::kUnderWay && self->m_state == State::kUnanswered) {
    self->m_server->WantBody();
    return env.Undefined();
  }
  return Napi::Boolean::New(env, false);
}

// --- the reply ---------------------------------------------------------------------------------------

// (request): JsCallback::kRequestComplete is wanted, with the request's number
Napi::Value IncomingRequest::WantCompleteNapi(const Napi::CallbackInfo& info) {
  IncomingRequest& self = Answerable(info);
  self.m_server->WantComplete(self.number());
  return info.Env().Undefined();
}

// (request, status, reason | undefined, body | undefined, headers: see HeaderArgs)
Napi::Value IncomingRequest::ReplyNapi(const Napi::CallbackInfo& info) {
  const HeaderArgs given(info, 4);
  IncomingRequest& self = Unanswered(info);
  const Napi::Env env = info.Env();
  const StatusArgs status(info, 1);
  ReplyWriter writer(self.m_request, status.status(), status.reason());
  if (self.ReplyPlainly(writer, given, info[3])) return env.Undefined();

  HeaderList headers;
  given.AddTo(headers);
  const UniqueBuffer body = BodyArg(info, 3);
  const EventBase::BusyScope busy(self.base());
  ServerConnection& server = *self.m_server;
  evhttp_request* const request = self.m_request;
  self.EndHandle();
  server.BeginReply(ServerConnection::ReplyKind::kWhole);
  headers.MoveTo(evhttp_request_get_output_headers(request));
  writer.Send(body.get(), info[3].IsString() ? server.server().text_content_type() : nullptr);
  server.FlushSoon();
  return env.Undefined();
}

// @returns whether it has answered; if not, nothing has been done.
bool IncomingRequest::ReplyPlainly(ReplyWriter& writer, const HeaderArgs& headers, const Napi::Value& value) {
  const auto add = [&](const HttpHeaderName& name, const HttpText& text) {
    return writer.AddHeader(name.view(), text.view());
  };
  if (!writer.BeginPlain() || !headers.ForEach(add)) return false;
  const ByteSource body(value.Env(), value);
  const EvHttp& http = m_server->server();
  const char* const text_type = body.is_text() ? http.text_content_type() : nullptr;
  if (!writer.EndPlain(text_type != nullptr ? text_type : http.default_content_type(), body.size())) {
    return false;
  }
  const EventBase::BusyScope busy(base());
  ServerConnection& server = *m_server;
  evhttp_request* const request = m_request;
  const ServerConnection::Sent sent = writer.SendPlain(server, body, env().State<SharedBytes>());
  EndHandle();
  // When all has been written libevent ends the request here and now, and goes on to the next one.
  evhttp_send_reply_end(request);
  if (sent != ServerConnection::Sent::kAll) server.FlushSoon(sent);
  return true;
}

// (request, status, reason | undefined)
Napi::Value IncomingRequest::SendErrorNapi(const Napi::CallbackInfo& info) {
  IncomingRequest& self = Unanswered(info);
  const StatusArgs status(info, 1);
  self.SendError(status.status(), status.reason());
  return info.Env().Undefined();
}

void IncomingRequest::SendError(int status, const char* reason) {
  const EventBase::BusyScope busy(base());
  ServerConnection& server = *m_server;
  evhttp_request* const request = m_request;
  EndHandle();
  server.BeginReply(ServerConnection::ReplyKind::kWhole);
  ReplyWriter::SendErrorPage(request, status, reason);
  server.FlushSoon();
}

// (request, status, reason | undefined, headers: see HeaderArgs) -> how many bytes of a body must follow: -1
// for any number, -2 when there can be no body
Napi::Value IncomingRequest::SendReplyStartNapi(const Napi::CallbackInfo& info) {
  const HeaderArgs given(info, 3);
  IncomingRequest& self = Unanswered(info);
  const StatusArgs status(info, 1);
  if (evbuffer_get_length(evhttp_request_get_output_buffer(self.m_request)) > 0) {
    ThrowEventError(self.env(), code::kState,
                    "the output buffer holds a body, which cannot be sent in chunks too");
  }
  HeaderList headers;
  given.AddTo(headers);
  evkeyvalq* const output = evhttp_request_get_output_headers(self.m_request);
  std::optional<uint64_t> length;
  const bool clear = ReadContentLength(*output, length) && ReadContentLength(*headers.list(), length);
  // Without a list of headers it is C's function, and the length is what its caller says.
  if (!clear && info.Length() > 3) {
    ThrowRangeError(info.Env(), "Content-Length must be one number of bytes");
  }
  headers.MoveTo(output);
  self.StartReply(status.status(), status.reason());
  if (!ReplyWriter::AllowsBody(self.m_request)) return Napi::Number::New(info.Env(), -2);
  return Napi::Number::New(info.Env(), length ? static_cast<double>(*length) : -1);
}

void IncomingRequest::StartReply(int status, const char* reason) {
  const EventBase::BusyScope busy(base());
  InvalidateOutput();
  Enter(State::kStreaming);
  m_server->BeginReply(ServerConnection::ReplyKind::kStreamed);
  ReplyWriter(m_request, status, reason).Start();
  m_server->FlushSoon();
}

// (request, data, key | 0) -> whether JsCallback::kChunkWritten will come with the key; undefined when the
// peer was too slow, and its connection has been cut
Napi::Value IncomingRequest::SendReplyChunkNapi(const Napi::CallbackInfo& info) {
  IncomingRequest& self = Streaming(info);
  const double key = NumberArg(info, 2);
  const UniqueBuffer data = BodyArg(info, 1);
  ServerConnection& server = *self.m_server;
  const bool writes = evbuffer_get_length(data.get()) > 0 && ReplyWriter::AllowsBody(self.m_request);
  if (writes && server.writes_part() && server.OutputIsFull()) {
    server.Cut();
    return info.Env().Undefined();
  }
  // An empty part counts as written when all before it have been written.
  const bool reports = writes || server.writes_part();
  if (reports && key != 0) server.WantWritten(key);
  if (writes) {
    const EventBase::BusyScope busy(self.base());
    server.BeginPart();
    evhttp_send_reply_chunk_with_cb(self.m_request, data.get(), ServerConnection::OnWritten, &server);
    server.FlushSoon();
  }
  return Napi::Boolean::New(info.Env(), reports);
}

// (request, data, key | 0) -> whether to wait for JsCallback::kChunkWritten with the key before the next
// part; the connection has been cut when far too much waits already
Napi::Value IncomingRequest::SendReplyPartNapi(const Napi::CallbackInfo& info) {
  IncomingRequest& self = Streaming(info);
  const double key = NumberArg(info, 2);
  const ByteSource data(info.Env(), info[1]);
  ServerConnection& server = *self.m_server;
  const Napi::Env env = info.Env();
  if (data.size() == 0 || !ReplyWriter::AllowsBody(self.m_request)) return Napi::Boolean::New(env, false);
  if (server.writes_part() && server.OutputIsFull()) {
    server.Cut();
    return Napi::Boolean::New(env, true);
  }
  const EventBase::BusyScope busy(self.base());
  const bool waits = SendReplyPart(self.m_request, server, data, self.env().State<SharedBytes>());
  if (waits && key != 0) server.WantWritten(key);
  return Napi::Boolean::New(env, waits);
}

// (request, file's descriptor, offset, length, key) -> how many bytes have been sent, 0 at the end of the
// file; negative, less by one, when to wait for JsCallback::kChunkWritten with the key before the rest
Napi::Value IncomingRequest::SendReplyFileNapi(const Napi::CallbackInfo& info) {
  IncomingRequest& self = Streaming(info);
  const int file = IntArg(info, 1);
  const ptrdiff_t offset = ByteLimitArg(info, 2);
  const ptrdiff_t length = ByteLimitArg(info, 3);
  const double key = NumberArg(info, 4);
  const Napi::Env env = info.Env();
  if (length == 0) ThrowRangeError(env, "no part of a file");
  ServerConnection& server = *self.m_server;
  if (self.m_request->chunked != 0 || !ReplyWriter::AllowsBody(self.m_request)) {
    ThrowEventError(self.env(), code::kState, "the reply is in chunks, or has no body");
  }
  const EventBase::BusyScope busy(self.base());
  const FileSent sent = SendReplyFile(self.m_request, server, file, offset, static_cast<size_t>(length));
  if (sent.failed_call != nullptr) {
    ThrowSystemError(self.env(), code::kLibevent, sent.failed_call, errno, "the reply's file");
  }
  if (sent.waits) server.WantWritten(key);
  const auto bytes = static_cast<double>(sent.bytes);
  return Napi::Number::New(env, sent.waits ? -1 - bytes : bytes);
}

// (request)
Napi::Value IncomingRequest::SendReplyEndNapi(const Napi::CallbackInfo& info) {
  IncomingRequest& self = Streaming(info);
  const EventBase::BusyScope busy(self.base());
  ServerConnection& server = *self.m_server;
  evhttp_request* const request = self.m_request;
  const bool more = server.HasOutput() || request->chunked != 0;
  self.EndHandle();
  // When all has been written, libevent ends the request here and now, and the connection with it if
  // it is to close.
  evhttp_send_reply_end(request);
  if (more) server.FlushSoon();
  return info.Env().Undefined();
}

void IncomingRequest::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<KeepNapi>(env, exports, "requestKeep", state);
  ExportFunction<IsLostNapi>(env, exports, "requestIsLost", state);
  ExportFunction<ReadBodyNapi>(env, exports, "requestReadBody", state);
  ExportFunction<WantCompleteNapi>(env, exports, "requestWantComplete", state);
  ExportFunction<ReplyNapi>(env, exports, "requestReply", state);
  ExportFunction<SendErrorNapi>(env, exports, "requestSendError", state);
  ExportFunction<SendReplyStartNapi>(env, exports, "requestSendReplyStart", state);
  ExportFunction<SendReplyChunkNapi>(env, exports, "requestSendReplyChunk", state);
  ExportFunction<SendReplyPartNapi>(env, exports, "requestSendReplyPart", state);
  ExportFunction<SendReplyFileNapi>(env, exports, "requestSendReplyFile", state);
  ExportFunction<SendReplyEndNapi>(env, exports, "requestSendReplyEnd", state);
}

}  // namespace bitcoin_support
