#include "http/plain_reply_head.h"

#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>

#include <charconv>
#include <cstring>

#include "http/field_value.h"
#include "http/http_date.h"
#include "http/reply_framing.h"
#include "napi/byte_source.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

// Decimal digits of a number, for as long as the object lives.
class Digits {
 public:
  explicit Digits(size_t number)
      : m_length(std::to_chars(m_text.data(), m_text.data() + m_text.size(), number).ptr - m_text.data()) {}
  std::string_view view() const { return {m_text.data(), m_length}; }

 private:
  std::array<char, 20> m_text;
  const size_t m_length;
};

}  // namespace

PlainReplyHead::~PlainReplyHead() { MemoryCleanse(m_text.data(), m_length); }

bool PlainReplyHead::Begin(evhttp_request* request, int code, const char* reason) {
  if (request->major != 1 || request->minor != 1) return false;
  if (request->type == EVHTTP_REQ_HEAD || request->type == EVHTTP_REQ_CONNECT) return false;
  if (!HasBody(code)) return false;
  if (reason == nullptr && code != HTTP_OK) return false;  // evhttp knows the phrases
  if (evhttp_request_get_output_headers(request)->tqh_first != nullptr) return false;
  if (ConnectionOptions::Of(*evhttp_request_get_input_headers(request)).close) return false;
  return Append("HTTP/1.1 ") && Append(Digits(static_cast<size_t>(code)).view()) && Append(" ") &&
         Append(reason == nullptr ? "OK" : reason) && Append("\r\n");
}

bool PlainReplyHead::AddHeader(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 4:
      m_has_date |= EqualsIgnoringCase(name, "Date");
      break;
    case 10:
      if (EqualsIgnoringCase(name, "Connection")) return false;
      break;
    case 12:
      m_has_content_type |= EqualsIgnoringCase(name, "Content-Type");
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
  return Append(name) && Append(": ") && Append(value) && Append("\r\n");
}

bool PlainReplyHead::End(const char* content_type, size_t body_length) {
  // As evhttp orders them.
  if (!m_has_date && !(Append("Date: ") && Append(HttpDate()) && Append("\r\n"))) return false;
  if (!Append("Content-Length: ") || !Append(Digits(body_length).view()) || !Append("\r\n")) return false;
  if (!m_has_content_type && content_type != nullptr &&
      !(Append("Content-Type: ") && Append(content_type) && Append("\r\n"))) {
    return false;
  }
  return Append("\r\n");
}

bool PlainReplyHead::AppendBody(const ByteSource& body) {
  // One more than its size: see ByteSource::CopyTo().
  if (body.size() >= m_text.size() - m_length) return false;
  body.CopyTo(m_text.data() + m_length);
  m_length += body.size();
  return true;
}

bool PlainReplyHead::Append(std::string_view text) {
  if (text.size() > m_text.size() - m_length) return false;
  std::memcpy(m_text.data() + m_length, text.data(), text.size());
  m_length += text.size();
  return true;
}

}  // namespace bitcoin_support
