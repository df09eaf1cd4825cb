// How an incoming EvHttpRequest is answered.
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>

#include <charconv>
#include <cstring>
#include <memory>
#include <new>
#include <optional>

#include "buffers/shared_bytes.h"
#include "buffers/unique_buffer.h"
#include "http/ev_http.h"
#include "http/ev_http_request.h"
#include "http/header_list.h"
#include "http/http_date.h"
#include "http/http_text.h"
#include "http/plain_reply_head.h"
#include "http/reply_framing.h"
#include "http/server_connection.h"
#include "libevent/scrubbing_heap.h"
#include "napi/arguments.h"
#include "napi/byte_source.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/list.h"

namespace bitcoin_support {
namespace {

bool IsHttp11(const evhttp_request* request) {
  return request->major > 1 || (request->major == 1 && request->minor >= 1);
}

// As evhttp_response_needs_body(): what libevent itself forgets on its way out.
bool MayHaveBody(const evhttp_request* request, int code) {
  return HasBody(code) && request->type != EVHTTP_REQ_HEAD && request->type != EVHTTP_REQ_CONNECT;
}

// libevent's default says that it is Latin-1; a string is sent as UTF-8.
constexpr char kTextType[] = "text/plain; charset=utf-8";

bool IsText(Napi::Env env, napi_value body) {
  napi_valuetype type{};
  return napi_typeof(env, body, &type) == napi_ok && type == napi_string;
}

UniqueBuffer BodyOf(const Napi::CallbackInfo& info, size_t index) {
  UniqueBuffer buffer = NewBuffer();
  const ByteSource bytes(info.Env(), info[index]);
  Environment::From(info).State<SharedBytes>().Append(bytes, buffer.get());
  return buffer;
}

// HttpText does not move, so the caller provides the place.
void ReadReason(Napi::Env env, const Napi::Value& value, std::optional<HttpText>& reason) {
  if (!value.IsUndefined()) reason.emplace(env, value, "reason");
}

const char* CString(const std::optional<HttpText>& text) { return text ? text->c_str() : nullptr; }

void AddDate(evhttp_request* request) {
  evkeyvalq* const headers = evhttp_request_get_output_headers(request);
  if (IsHttp11(request) && evhttp_find_header(headers, "Date") == nullptr) {
    evhttp_add_header(headers, "Date", HttpDate());
  }
}

void AddContentType(evhttp_request* request, int code, const char* type) {
  evkeyvalq* const headers = evhttp_request_get_output_headers(request);
  if (!MayHaveBody(request, code) || evhttp_find_header(headers, "Content-Type") != nullptr) return;
  evhttp_add_header(headers, "Content-Type", type);
}

void AddContentLength(evhttp_request* request, size_t length) {
  evkeyvalq* const headers = evhttp_request_get_output_headers(request);
  if (evhttp_find_header(headers, "Content-Length") != nullptr) return;
  char digits[24] = "";
  std::to_chars(digits, digits + sizeof digits - 1, length);
  evhttp_add_header(headers, "Content-Length", digits);
}

// Queues a whole reply that evhttp need not put together. Its parts are evhttp's own: what is sent as a chunk
// of a reply that was not started as chunked goes out as it is, and the end comes when all has been written.
// @param body null when it stands in `head`
void QueuePlain(Environment& env, evhttp_request* request, std::string_view head, const ByteSource* body) {
  evbuffer* const output = evhttp_request_get_output_buffer(request);
  const bool shared = body != nullptr && body->size() >= SharedBytes::kLeast;
  evbuffer_iovec space{};
  const size_t length = head.size() + (body == nullptr || shared ? 0 : body->size());
  if (evbuffer_reserve_space(output, static_cast<ev_ssize_t>(length + 1), &space, 1) != 1) {
    throw std::bad_alloc();
  }
  char* const text = static_cast<char*>(space.iov_base);
  std::memcpy(text, head.data(), head.size());
  if (body != nullptr && !shared) body->CopyTo(text + head.size());
  space.iov_len = length;
  evbuffer_commit_space(output, &space, 1);
  if (shared) env.State<SharedBytes>().Append(*body, output);
  evhttp_send_reply_chunk_with_cb(request, output, nullptr, nullptr);
}

// Sends a whole reply. Its body, if it may have one, is `body`'s content.
// @param type the Content-Type if none is given; null to leave that to evhttp
void Send(evhttp_request* request, int code, const char* reason, evbuffer* body, const char* type = nullptr) {
  SettleConnection(request);
  SettleLength(request, code);
  evbuffer* const output = evhttp_request_get_output_buffer(request);
  evbuffer_add_buffer(output, body);
  // evhttp sends none to CONNECT, whatever the code.
  if (request->type == EVHTTP_REQ_CONNECT) evbuffer_drain(output, evbuffer_get_length(output));
  // As evhttp orders them.
  AddDate(request);
  // HEAD is told how long the body would be.
  if (HasBody(code)) AddContentLength(request, evbuffer_get_length(output));
  if (!MayHaveBody(request, code)) evbuffer_drain(output, evbuffer_get_length(output));
  if (type != nullptr) AddContentType(request, code, type);
  evhttp_send_reply(request, code, reason, nullptr);
}

}  // namespace

// The headers from an argument on: names and values in turn, or a flat array of them. To be made before a
// handle is looked up.
class HeaderArgs {
 public:
  HeaderArgs(const Napi::CallbackInfo& info, size_t index) : m_info(info), m_first(index) {
    if (info.Length() == index + 1 && !info[index].IsUndefined()) m_list.emplace(info, index);
  }

  // Calls `add` for each until it returns false. @returns whether it has been through all.
  template <class Add>
  bool ForEach(Add add) const {
    if (m_list) return AddAll(0, m_list->size(), [&](size_t i) { return (*m_list)[i]; }, add);
    return AddAll(m_first, m_info.Length(), [&](size_t i) -> napi_value { return m_info[i]; }, add);
  }

 private:
  template <class At, class Add>
  bool AddAll(size_t first, size_t length, At at, Add add) const {
    for (size_t i = first; i + 1 < length; i += 2) {
      const HttpHeaderName name(m_info.Env(), at(i));
      const HttpText text(m_info.Env(), at(i + 1), "header value");
      if (!add(name, text)) return false;
    }
    return true;
  }

  const Napi::CallbackInfo& m_info;
  const size_t m_first;
  std::optional<ListArg> m_list;
};

EvHttpRequest& EvHttpRequest::Incoming(const Napi::CallbackInfo& info) {
  EvHttpRequest& self = This(info);
  if (!self.incoming()) {
    ThrowEventError(self.env(), code::kState, "the request is a client's: it cannot be answered");
  }
  if (self.m_state == State::kLost || self.m_state == State::kOrphan) {
    ThrowEventError(self.env(), code::kState, "the request's connection is closing, or has gone");
  }
  if (self.AnsweredByC()) ThrowEventError(self.env(), code::kState, "C has answered the request");
  return self;
}

EvHttpRequest& EvHttpRequest::Unanswered(const Napi::CallbackInfo& info) {
  EvHttpRequest& self = Incoming(info);
  if (self.m_state != State::kNew) {
    ThrowEventError(self.env(), code::kState, "the reply has been started");
  }
  return self;
}

EvHttpRequest& EvHttpRequest::Started(const Napi::CallbackInfo& info) {
  EvHttpRequest& self = Incoming(info);
  if (self.m_state != State::kStarted) {
    ThrowEventError(self.env(), code::kState, "the reply has not been started");
  }
  return self;
}

void EvHttpRequest::SendErrorPage(evhttp_request* request, int code, const char* reason) {
  const char* const phrase = reason != nullptr ? reason : "Error";
  const std::unique_ptr<char, decltype(&ScrubbingFree)> escaped(evhttp_htmlescape(phrase), ScrubbingFree);
  const UniqueBuffer page = NewBuffer();
  evkeyvalq* const headers = evhttp_request_get_output_headers(request);
  evhttp_clear_headers(headers);
  evhttp_add_header(headers, "Content-Type", "text/html");
  evhttp_add_header(headers, "Connection", "close");
  evbuffer_drain(evhttp_request_get_output_buffer(request),
                 evbuffer_get_length(evhttp_request_get_output_buffer(request)));
  if (page != nullptr && escaped != nullptr) {
    evbuffer_add_printf(page.get(),
                        "<HTML><HEAD>\n<TITLE>%d %s</TITLE>\n</HEAD><BODY>\n<H1>%s</H1>\n"
                        "</BODY></HTML>\n",
                        code, escaped.get(), escaped.get());
  }
  Send(request, code, reason, page.get());
}

// (http, status, reason | undefined, body | undefined, headers: see HeaderArgs): during
// JsCallback::kErrorPage
Napi::Value EvHttpRequest::AnswerPageNapi(const Napi::CallbackInfo& info) {
  const HeaderArgs given(info, 4);
  const Napi::Env env = info.Env();
  const int code = IntArg(info, 1);
  std::optional<HttpText> reason;
  ReadReason(env, info[2], reason);
  HeaderList headers;
  const auto add = [&](const HttpHeaderName& name, const HttpText& text) {
    return headers.Add(name.c_str(), text.c_str());
  };
  if (!given.ForEach(add)) throw std::bad_alloc();
  const UniqueBuffer body = BodyOf(info, 3);
  EvHttp& http = Environment::From(info).Get<EvHttp>(info[0]);
  evhttp_request* const request = http.TakeRefused();
  if (request == nullptr) ThrowEventError(http.env(), code::kState, "no request is being refused");
  evkeyvalq* const output = evhttp_request_get_output_headers(request);
  headers.MoveTo(output);
  if (!evhttp_find_header(output, "Connection")) evhttp_add_header(output, "Connection", "close");
  Send(request, code, CString(reason), body.get(),
       IsText(env, info[3]) && http.labels_text() ? kTextType : nullptr);
  return env.Undefined();
}

void EvHttpRequest::SendError(int code, const char* reason) {
  const EventBase::BusyScope busy(base());
  ServerConnection& server = *m_server;
  evhttp_request* const request = m_request;
  EndHandle();
  server.BeginReply(ServerConnection::ReplyKind::kWhole);
  SendErrorPage(request, code, reason);
  server.FlushSoon();
}

// (request): JsCallback::kRequestComplete is wanted, with the request's number
Napi::Value EvHttpRequest::WantCompleteNapi(const Napi::CallbackInfo& info) {
  EvHttpRequest& self = Incoming(info);
  self.m_server->WantComplete(self.number());
  return info.Env().Undefined();
}

// (request, code, reason | undefined, body | undefined, headers: see HeaderArgs)
Napi::Value EvHttpRequest::ReplyNapi(const Napi::CallbackInfo& info) {
  const HeaderArgs given(info, 4);
  EvHttpRequest& self = Unanswered(info);
  const Napi::Env env = info.Env();
  const int code = IntArg(info, 1);
  std::optional<HttpText> reason;
  ReadReason(env, info[2], reason);
  if (self.ReplyPlainly(given, info[3], code, CString(reason))) return env.Undefined();

  HeaderList headers;
  const auto add = [&](const HttpHeaderName& name, const HttpText& text) {
    return headers.Add(name.c_str(), text.c_str());
  };
  if (!given.ForEach(add)) throw std::bad_alloc();
  const bool text = IsText(env, info[3]);
  const UniqueBuffer body = BodyOf(info, 3);
  const EventBase::BusyScope busy(self.base());
  ServerConnection& server = *self.m_server;
  evhttp_request* const request = self.m_request;
  self.EndHandle();
  server.BeginReply(ServerConnection::ReplyKind::kWhole);
  headers.MoveTo(evhttp_request_get_output_headers(request));
  Send(request, code, CString(reason), body.get(),
       text && server.server().labels_text() ? kTextType : nullptr);
  server.FlushSoon();
  return env.Undefined();
}

// @returns whether it has answered; if not, nothing has been done.
bool EvHttpRequest::ReplyPlainly(const HeaderArgs& given, const Napi::Value& body_value, int code,
                                 const char* reason) {
  // What JavaScript has put there itself stands before the body.
  if (evbuffer_get_length(evhttp_request_get_output_buffer(m_request)) > 0) return false;
  PlainReplyHead head;
  const auto add = [&](const HttpHeaderName& name, const HttpText& text) {
    return head.AddHeader(name.view(), text.view());
  };
  if (!head.Begin(m_request, code, reason) || !given.ForEach(add)) return false;
  const ByteSource body(body_value.Env(), body_value);
  const EvHttp& http = m_server->server();
  const bool text = body.is_text() && http.labels_text();
  if (!head.End(text ? kTextType : http.default_content_type(), body.size())) return false;
  const EventBase::BusyScope busy(base());
  ServerConnection& server = *m_server;
  evhttp_request* const request = m_request;
  server.BeginReply(ServerConnection::ReplyKind::kWhole);
  request->response_code = code;
  request->chunked = 0;  // it may say how the request came
  // The socket is nearly always writable, so that a short reply need not wait for libevent to write it.
  const bool short_reply = server.MayWriteNow() && head.AppendBody(body);
  const size_t written = short_reply ? server.WriteNow(head.text()) : 0;
  const bool all = short_reply && written == head.text().size();
  if (!all) QueuePlain(env(), request, head.text().substr(written), short_reply ? nullptr : &body);
  EndHandle();
  // When all has been written libevent ends the request here and now, and goes on to the next one.
  evhttp_send_reply_end(request);
  if (!all) server.FlushSoon();
  return true;
}

// (request, code, reason | undefined)
Napi::Value EvHttpRequest::SendErrorNapi(const Napi::CallbackInfo& info) {
  EvHttpRequest& self = Unanswered(info);
  const int code = IntArg(info, 1);
  std::optional<HttpText> reason;
  ReadReason(info.Env(), info[2], reason);
  self.SendError(code, CString(reason));
  return info.Env().Undefined();
}

// (request, code, reason | undefined)
Napi::Value EvHttpRequest::SendReplyStartNapi(const Napi::CallbackInfo& info) {
  EvHttpRequest& self = Unanswered(info);
  const int code = IntArg(info, 1);
  std::optional<HttpText> reason;
  ReadReason(info.Env(), info[2], reason);
  self.CheckOutputIsEmpty();
  const EventBase::BusyScope busy(self.base());
  self.m_output_view.Invalidate();
  self.m_state = State::kStarted;
  evhttp_request* const request = self.m_request;
  evkeyvalq* const headers = evhttp_request_get_output_headers(request);
  SettleConnection(request);
  SettleLength(request, code);
  if (!IsHttp11(request) && MayHaveBody(request, code) &&
      evhttp_find_header(headers, "Content-Length") == nullptr) {
    // Without chunks only the end of the connection can end the body; libevent would announce an
    // empty one to a client that asked for keep-alive.
    evhttp_remove_header(evhttp_request_get_input_headers(request), "Connection");
    evhttp_remove_header(headers, "Connection");
    evhttp_add_header(headers, "Connection", "close");
  }
  AddDate(request);
  self.m_server->BeginReply(ServerConnection::ReplyKind::kStreamed);
  evhttp_send_reply_start(request, code, CString(reason));
  self.m_server->FlushSoon();
  return info.Env().Undefined();
}

// (request, data, key | 0) -> whether JsCallback::kChunkWritten will come with the key; undefined when the
// peer was too slow, and its connection has been cut
Napi::Value EvHttpRequest::SendReplyChunkNapi(const Napi::CallbackInfo& info) {
  EvHttpRequest& self = Started(info);
  const double key = NumberArg(info, 2);
  const UniqueBuffer data = BodyOf(info, 1);
  ServerConnection& server = *self.m_server;
  const bool writes =
      evbuffer_get_length(data.get()) > 0 && MayHaveBody(self.m_request, self.m_request->response_code);
  if (writes && server.writes_part() && server.OutputIsFull()) {
    server.Cut();
    return info.Env().Undefined();
  }
  // An empty part has gone when all before it have.
  const bool tells = writes || server.writes_part();
  if (tells && key != 0) server.WantWritten(key);
  if (writes) {
    const EventBase::BusyScope busy(self.base());
    server.BeginPart();
    evhttp_send_reply_chunk_with_cb(self.m_request, data.get(), ServerConnection::OnWritten, &server);
    server.FlushSoon();
  }
  return Napi::Boolean::New(info.Env(), tells);
}

// (request)
Napi::Value EvHttpRequest::SendReplyEndNapi(const Napi::CallbackInfo& info) {
  EvHttpRequest& self = Started(info);
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

void EvHttpRequest::ExportReplies(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<WantCompleteNapi>(env, exports, "requestWantComplete", state);
  ExportFunction<AnswerPageNapi>(env, exports, "httpAnswerPage", state);
  ExportFunction<ReplyNapi>(env, exports, "requestReply", state);
  ExportFunction<SendErrorNapi>(env, exports, "requestSendError", state);
  ExportFunction<SendReplyStartNapi>(env, exports, "requestSendReplyStart", state);
  ExportFunction<SendReplyChunkNapi>(env, exports, "requestSendReplyChunk", state);
  ExportFunction<SendReplyEndNapi>(env, exports, "requestSendReplyEnd", state);
}

}  // namespace bitcoin_support
