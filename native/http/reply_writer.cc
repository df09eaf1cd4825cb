#include "http/reply_writer.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <strings.h>

#include <charconv>
#include <cstring>
#include <memory>
#include <new>
#include <string>

#include "buffers/shared_bytes.h"
#include "buffers/unique_buffer.h"
#include "http/field_value.h"
#include "http/http_date.h"
#include "http/http_method.h"
#include "http/http_status.h"
#include "http/server_connection.h"
#include "libevent/scrubbing_heap.h"
#include "napi/byte_source.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

constexpr char kConnection[] = "Connection";

// Decimal digits of a number, with a NUL after them, for as long as the object lives.
class Digits {
 public:
  explicit Digits(size_t number)
      : m_length(std::to_chars(m_text.data(), m_text.data() + m_text.size() - 1, number).ptr -
                 m_text.data()) {
    m_text[m_length] = '\0';
  }
  std::string_view view() const { return {m_text.data(), m_length}; }

 private:
  std::array<char, 21> m_text;
  const size_t m_length;
};

void RemoveAll(evkeyvalq* headers, const char* name) {
  while (evhttp_remove_header(headers, name) == 0) {
  }
}

// As evhttp_is_connection_close().
bool LibeventFindsClose(evkeyvalq* headers) {
  const char* const first = evhttp_find_header(headers, kConnection);
  return first != nullptr && strcasecmp(first, "close") == 0;
}

// As evhttp_is_connection_keepalive().
bool LibeventFindsKeepAlive(evkeyvalq* headers) {
  const char* const first = evhttp_find_header(headers, kConnection);
  return first != nullptr && strncasecmp(first, "keep-alive", 10) == 0;
}

// The tokens of all Connection fields but those that say whether the connection ends.
std::string OtherOptions(const evkeyvalq& headers) {
  std::string others;
  for (const evkeyval* header = headers.tqh_first; header != nullptr; header = header->next.tqe_next) {
    if (!EqualsIgnoringCase(header->key, kConnection)) continue;
    for (std::string_view rest = header->value;;) {
      const size_t comma = rest.find(',');
      const std::string_view token = TrimOws(rest.substr(0, comma));
      if (!token.empty() && !EqualsIgnoringCase(token, "close") && !EqualsIgnoringCase(token, "keep-alive")) {
        if (!others.empty()) others += ", ";
        others += token;
      }
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return others;
}

void Close(evkeyvalq* input, evkeyvalq* output) {
  const std::string others = OtherOptions(*output);
  RemoveAll(input, kConnection);
  evhttp_add_header(input, kConnection, "close");
  RemoveAll(output, kConnection);
  if (others.empty()) return;
  // libevent takes the first one away and puts it at the end.
  evhttp_add_header(output, kConnection, "close");
  evhttp_add_header(output, kConnection, others.c_str());
}

}  // namespace

ReplyWriter::ReplyWriter(evhttp_request* request, int status, const char* reason)
    : m_request(request), m_status(status), m_reason(reason) {}

ReplyWriter::~ReplyWriter() { MemoryCleanse(m_text.data(), m_length); }

// --- what every reply follows ------------------------------------------------------------------------

bool ReplyWriter::IsHttp11() const {
  return m_request->major > 1 || (m_request->major == 1 && m_request->minor >= 1);
}

// libevent sends a body with 205.
bool ReplyWriter::StatusAllowsBody() const { return StatusHasBody(m_status) && m_status != kResetContent; }

bool ReplyWriter::AllowsBody() const {
  return m_status != kResetContent && MayHaveBody(CommandOf(m_request), m_status);
}

bool ReplyWriter::AllowsBody(const evhttp_request* request) {
  return request->response_code != kResetContent && MayHaveBody(CommandOf(request), request->response_code);
}

// Adds the fields in the order in which evhttp adds them. @param length of the body; nothing when that
// follows in parts
template <class Add>
bool ReplyWriter::AddMissing(const Given& given, std::optional<size_t> length, const char* content_type,
                             Add add) const {
  if (IsHttp11() && !given.date && !add("Date", HttpDate())) return false;
  // A reply to HEAD says how long the body would be.
  if (length && StatusAllowsBody() && !given.content_length &&
      !add("Content-Length", Digits(*length).view().data())) {
    return false;
  }
  const bool typed = content_type != nullptr && AllowsBody() && !given.content_type;
  return !typed || add("Content-Type", content_type);
}

// --- a plain reply -----------------------------------------------------------------------------------

bool ReplyWriter::BeginPlain() {
  if (m_request->major != 1 || m_request->minor != 1 || !AllowsBody()) return false;
  if (m_reason == nullptr && m_status != HTTP_OK) return false;  // evhttp knows the phrases
  if (evhttp_request_get_output_headers(m_request)->tqh_first != nullptr) return false;
  // What JavaScript has put into the buffer itself stands before the body.
  if (evbuffer_get_length(evhttp_request_get_output_buffer(m_request)) > 0) return false;
  if (ConnectionOptions::Of(*evhttp_request_get_input_headers(m_request)).close) return false;
  return Append("HTTP/1.1 ") && Append(Digits(static_cast<size_t>(m_status)).view()) && Append(" ") &&
         Append(m_reason == nullptr ? "OK" : m_reason) && Append("\r\n");
}

bool ReplyWriter::AddHeader(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 4:
      m_given.date |= EqualsIgnoringCase(name, "Date");
      break;
    case 10:
      if (EqualsIgnoringCase(name, kConnection)) return false;
      break;
    case 12:
      m_given.content_type |= EqualsIgnoringCase(name, "Content-Type");
      break;
    case 14:
      if (EqualsIgnoringCase(name, "Content-Length")) return false;
      break;
    case 17:
      if (EqualsIgnoringCase(name, "Transfer-Encoding")) return false;
      break;
    default:
      break;
  }
  return AppendField(name, value);
}

bool ReplyWriter::EndPlain(const char* content_type, size_t body_length) {
  const auto add = [this](const char* name, const char* value) { return AppendField(name, value); };
  return AddMissing(m_given, body_length, content_type, add) && Append("\r\n");
}

// What is left is queued as a chunk of a reply that was not started as chunked: evhttp sends that as it is,
// and ends the request when all has been written.
ServerConnection::Sent ReplyWriter::SendPlain(ServerConnection& connection, const ByteSource& body,
                                              SharedBytes& shared) {
  using Sent = ServerConnection::Sent;
  connection.BeginReply(ServerConnection::ReplyKind::kWhole);
  m_request->response_code = m_status;
  m_request->chunked = 0;  // it may still describe the request
  HeldBytes held;
  if (!AppendBody(body)) {
    // A long string has to be written out somewhere.
    if (const auto bytes = body.view()) {
      held.view = *bytes;
    } else {
      held = shared.Hold(body);
    }
  }
  const std::string_view head(m_text.data(), m_length);
  // The socket is nearly always writable, so that a reply need not wait for libevent to write it.
  const auto [sent, written] =
      connection.MayWriteNow() ? connection.WriteNow(head, held.view) : ServerConnection::Written{};
  if (sent == Sent::kAll) return sent;
  evbuffer* const output = evhttp_request_get_output_buffer(m_request);
  if (written < head.size() && evbuffer_add(output, head.data() + written, head.size() - written) != 0) {
    throw std::bad_alloc();
  }
  const size_t start = written < head.size() ? 0 : written - head.size();
  const size_t rest = held.view.size() - start;
  if (held.owner == nullptr && rest >= SharedBytes::kLeast) held = shared.Hold(body);
  if (held.owner != nullptr && rest > 0) {
    held.AppendTo(output, start);
  } else if (evbuffer_add(output, held.view.data() + start, rest) != 0) {
    throw std::bad_alloc();
  }
  evhttp_send_reply_chunk_with_cb(m_request, output, nullptr, nullptr);
  return sent;
}

bool ReplyWriter::AppendBody(const ByteSource& body) {
  // One more than its size: see ByteSource::CopyTo().
  if (body.size() >= m_text.size() - m_length) return false;
  body.CopyTo(m_text.data() + m_length);
  m_length += body.size();
  return true;
}

bool ReplyWriter::AppendField(std::string_view name, std::string_view value) {
  return Append(name) && Append(": ") && Append(value) && Append("\r\n");
}

bool ReplyWriter::Append(std::string_view text) {
  if (text.size() > m_text.size() - m_length) return false;
  std::memcpy(m_text.data() + m_length, text.data(), text.size());
  m_length += text.size();
  return true;
}

// --- any other reply ---------------------------------------------------------------------------------

void ReplyWriter::Send(evbuffer* body, const char* content_type, After after) {
  if (after == After::kClose) {
    evkeyvalq* const headers = evhttp_request_get_output_headers(m_request);
    RemoveAll(headers, kConnection);
    evhttp_add_header(headers, kConnection, "close");
  }
  SettleConnection(m_request);
  SettleLength();
  evbuffer* const output = evhttp_request_get_output_buffer(m_request);
  evbuffer_add_buffer(output, body);
  // evhttp sends none to CONNECT, whatever the status.
  if (m_request->type == EVHTTP_REQ_CONNECT) evbuffer_drain(output, evbuffer_get_length(output));
  AddMissingToList(evbuffer_get_length(output), content_type);
  if (!AllowsBody()) evbuffer_drain(output, evbuffer_get_length(output));
  evhttp_send_reply(m_request, m_status, m_reason, nullptr);
}

void ReplyWriter::Start() {
  SettleConnection(m_request);
  SettleLength();
  CloseAfterOldStream();
  AddMissingToList(std::nullopt, nullptr);
  evhttp_send_reply_start(m_request, m_status, m_reason);
}

void ReplyWriter::AddMissingToList(std::optional<size_t> length, const char* content_type) {
  evkeyvalq* const headers = evhttp_request_get_output_headers(m_request);
  const auto has = [headers](const char* name) { return evhttp_find_header(headers, name) != nullptr; };
  const auto add = [headers](const char* name, const char* value) {
    evhttp_add_header(headers, name, value);
    return true;
  };
  AddMissing({has("Date"), has("Content-Length"), has("Content-Type")}, length, content_type, add);
}

// Removes what a reply of this status must not have, or what evhttp adds by itself: any Transfer-Encoding,
// the Content-Length of 1xx and 204, and another length than 0 of 205.
void ReplyWriter::SettleLength() {
  evkeyvalq* const headers = evhttp_request_get_output_headers(m_request);
  RemoveAll(headers, "Transfer-Encoding");
  if (m_status == kNotModified || StatusAllowsBody()) return;
  RemoveAll(headers, "Content-Length");
  if (m_status == kResetContent) evhttp_add_header(headers, "Content-Length", "0");
}

// HTTP/1.0 knows no chunks, so only the end of the connection can end the body; libevent would announce an
// empty one to a client that asked for keep-alive.
void ReplyWriter::CloseAfterOldStream() {
  evkeyvalq* const headers = evhttp_request_get_output_headers(m_request);
  if (IsHttp11() || !AllowsBody() || evhttp_find_header(headers, "Content-Length") != nullptr) return;
  evhttp_remove_header(evhttp_request_get_input_headers(m_request), kConnection);
  evhttp_remove_header(headers, kConnection);
  evhttp_add_header(headers, kConnection, "close");
}

void ReplyWriter::SendErrorPage(evhttp_request* request, int status, const char* reason) {
  const char* const phrase = reason != nullptr ? reason : "Error";
  const std::unique_ptr<char, decltype(&ScrubbingFree)> escaped(evhttp_htmlescape(phrase), ScrubbingFree);
  const UniqueBuffer page = NewBuffer();
  evkeyvalq* const headers = evhttp_request_get_output_headers(request);
  evhttp_clear_headers(headers);
  evhttp_add_header(headers, "Content-Type", "text/html");
  evbuffer* const output = evhttp_request_get_output_buffer(request);
  evbuffer_drain(output, evbuffer_get_length(output));
  if (escaped != nullptr) {
    evbuffer_add_printf(page.get(),
                        "<HTML><HEAD>\n<TITLE>%d %s</TITLE>\n</HEAD><BODY>\n<H1>%s</H1>\n"
                        "</BODY></HTML>\n",
                        status, escaped.get(), escaped.get());
  }
  ReplyWriter(request, status, reason).Send(page.get(), nullptr, After::kClose);
}

void ReplyWriter::SettleConnection(evhttp_request* request) {
  evkeyvalq* const input = evhttp_request_get_input_headers(request);
  evkeyvalq* const output = evhttp_request_get_output_headers(request);
  const ConnectionOptions asked = ConnectionOptions::Of(*input);
  const ConnectionOptions answered = ConnectionOptions::Of(*output);
  const bool close = asked.close || answered.close;
  const bool old = request->major < 1 || (request->major == 1 && request->minor == 0);
  if (close) {
    const bool contradicts = answered.keep_alive || (old && LibeventFindsKeepAlive(input));
    if (contradicts || !(LibeventFindsClose(input) || LibeventFindsClose(output))) Close(input, output);
  } else if (old && asked.keep_alive != LibeventFindsKeepAlive(input)) {
    RemoveAll(input, kConnection);
    if (asked.keep_alive) evhttp_add_header(input, kConnection, "keep-alive");
  }
}

}  // namespace bitcoin_support
