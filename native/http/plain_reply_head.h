// The status line and headers of a plain reply, written as text at once.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

struct evhttp_request;

namespace bitcoin_support {

class ByteSource;

/// evhttp keeps headers as a list and prints them one by one, which for a short reply costs more than all the
/// rest. Most replies need none of what evhttp decides about headers, and are put together here instead.
/// Where something is for evhttp to decide, a function returns false, and the reply goes evhttp's way.
class PlainReplyHead {
 public:
  PlainReplyHead() = default;
  ~PlainReplyHead();
  PlainReplyHead(const PlainReplyHead&) = delete;
  PlainReplyHead& operator=(const PlainReplyHead&) = delete;

  /// Starts the reply to a request of HTTP/1.1 that lets the connection stay open. `reason` may be null for
  /// 200 alone.
  bool Begin(evhttp_request* request, int code, const char* reason);
  /// Both have been checked. Connection, Content-Length and Transfer-Encoding are evhttp's.
  bool AddHeader(std::string_view name, std::string_view value);
  /// Adds what is missing; `content_type` may be null.
  bool End(const char* content_type, size_t body_length);

  /// Adds the body behind the head. @returns false when there is no room for it; then nothing was added.
  bool AppendBody(const ByteSource& body);

  std::string_view text() const { return {m_text.data(), m_length}; }

 private:
  bool Append(std::string_view text);

  std::array<char, 4096> m_text;
  size_t m_length = 0;
  bool m_has_content_type = false;
  bool m_has_date = false;
};

}  // namespace bitcoin_support
