// HTTP/1.x requests, read as RFC 9112 writes them and no other way.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/http_body_reader.h"

namespace bitcoin_support {

/// Follows the bytes of one connection's requests and refuses what two parsers could understand in two ways.
///
/// It keeps no bytes beyond a few words, so it can be given them in any pieces: the verdict does not depend
/// on how they are split. It knows nothing of sockets, of libevent or of Node.
class HttpStrictParser {
 public:
  struct Limits : HttpLimits {
    /// Of a body of which LimitStreamed() says so; before, the larger of both counts.
    uint64_t streamed_body = 0;
  };

  enum class Step : uint8_t {
    kMore,     ///< all that was used is part of the head or of the body's framing
    kHead,     ///< the head ends with the last byte that was used
    kData,     ///< what was used is content of the body
    kRefused,  ///< status() says why; the parser takes no more
  };
  struct Result {
    Step step;
    size_t used;
  };

  /// What the methods that libevent knows are called; index i is its bit 1 << i.
  static constexpr std::array<std::string_view, 9> kMethods = {
      "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH"};
  static constexpr size_t kMaxMethod = 32;

  explicit HttpStrictParser(const Limits& limits) : m_limits(&limits) { Reset(); }

  /// Begins with the next request.
  void Reset();

  /// The body of the request whose head has just been read is taken in pieces: it has a limit of its own.
  void LimitStreamed() { m_body.LimitContent(m_limits->streamed_body); }

  /// Reads from `data` up to where the next step begins. Call again with what was not used.
  Result Feed(const char* data, size_t size);

  /// Whether nothing of a request has come yet.
  bool idle() const { return m_state == State::kStart; }
  bool in_head() const { return m_state < State::kBody; }
  /// Whether the request has been read to its end.
  bool complete() const { return m_state == State::kBody && m_body.complete(); }
  /// The answer to a refused request.
  int status() const { return m_status; }

  // --- once the head has been read; offsets count from the request line's first byte -------------------
  /// Bytes of an empty line before the request, which is to be left out.
  size_t leading() const { return m_leading; }
  std::string_view method() const { return {m_method.data(), m_method_length}; }
  /// One of libevent's EVHTTP_REQ_*, 0 for any other method.
  unsigned command() const;
  size_t target_begin() const { return m_method_length + 1; }
  size_t target_length() const { return m_target_length; }
  bool has_body() const { return m_chunked || m_content_length > 0; }
  bool chunked() const { return m_chunked; }
  uint64_t content_length() const { return m_content_length; }
  bool expects_continue() const { return m_expects_continue; }
  /// Whether a tab stands before a field's value, where libevent takes spaces alone away.
  bool tabs() const { return m_tabs; }
  /// Where the hyphen of the header stands that says how long the body is.
  size_t framing_hyphen() const { return m_framing_hyphen; }

 private:
  // The order counts: see in_head().
  enum class State : uint8_t {
    kStart,
    kStartLf,
    kMethod,
    kTarget,
    kVersion,
    kRequestLineLf,
    kLineStart,
    kName,
    kValueStart,
    kValue,
    kLineLf,
    kHeadLf,
    kBody,
    kRefused,
  };
  enum class Field : uint8_t { kOther, kHost, kContentLength, kTransferEncoding, kExpect };

  Result FeedBody(const char* data, size_t size);
  const char* ReadHead(const char* p, const char* end);
  const char* ReadMethod(const char* p, const char* end);
  const char* ReadTarget(const char* p, const char* end);
  const char* ReadName(const char* p, const char* end);
  const char* ReadValue(const char* p, const char* end);
  void EndName(std::string_view name);
  bool EndValue();
  bool EndHost(std::string_view value);
  bool EndContentLength(std::string_view value);
  bool EndVersion();
  bool EndHead();
  bool Refuse(int status);
  /// Takes a byte of a line that is limited.
  bool Charge(int status);

  const Limits* m_limits;
  State m_state;
  Field m_field;
  uint8_t m_leading;
  uint8_t m_percent;
  uint8_t m_minor;
  bool m_has_host;
  bool m_has_length;
  bool m_chunked;
  bool m_expects_continue;
  bool m_odd_expectation;
  bool m_tabs;
  int m_status;
  int m_later_status;
  size_t m_room;
  size_t m_position;
  size_t m_method_length;
  size_t m_target_length;
  size_t m_framing_hyphen;
  size_t m_name_begin;
  uint64_t m_content_length;
  HttpBodyReader m_body;
  size_t m_word_length;
  std::array<char, kMaxMethod> m_method;
  std::array<char, 272> m_word;
};

}  // namespace bitcoin_support
