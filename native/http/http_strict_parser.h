// Parses HTTP/1.x requests exactly as RFC 9112 writes them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/http_body_reader.h"
#include "http/http_head_reader.h"
#include "http/http_method.h"

namespace bitcoin_support {

/// Follows the bytes of one connection's requests and refuses what two parsers could read in two ways.
///
/// It stores only a few words, and its verdict does not depend on how the bytes are split into pieces. It
/// does not depend on sockets, libevent or Node.
class HttpStrictParser {
 public:
  struct Limits : HttpLimits {
    /// Of a body after LimitStreamed(). Before that the larger of both limits counts.
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

  static constexpr size_t kMaxMethod = 32;

  explicit HttpStrictParser(const Limits& limits) : m_limits(&limits) { Reset(); }

  /// Begins with the next request.
  void Reset();

  /// The request's head has been read, and its body will be streamed: uses the limit for such bodies.
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
  /// Bytes of the empty line before the request. They must be dropped.
  size_t leading() const { return m_leading; }
  std::string_view method() const { return {m_method.data(), m_method_length}; }
  /// One of libevent's EVHTTP_REQ_*, 0 for any other method.
  unsigned command() const { return MethodNamed(method()); }
  size_t target_begin() const { return m_method_length + 1; }
  size_t target_length() const { return m_target_length; }
  bool has_body() const { return chunked() || content_length() > 0; }
  bool chunked() const { return m_fields.chunked(); }
  uint64_t content_length() const { return m_fields.content_length(); }
  bool expects_continue() const { return m_expects_continue; }
  /// Whether a tab is in front of some field's value, where libevent trims spaces only.
  bool tabs() const { return m_fields.tabs(); }
  /// Where the hyphen is in the name of the field that says how long the body is.
  size_t framing_hyphen() const { return fields_begin() + m_fields.framing_hyphen(); }

 private:
  //              '\r'             '\n'
  //     kStart -------> kStartLf ------> kStart, once
  //       |
  //       +-> kMethod -> kTarget -> kVersion -> kRequestLineLf -> kFields -> kBody
  // and from each of them to kRefused; Reset() leads back to kStart. The order counts: see in_head().
  enum class State : uint8_t {
    kStart,
    kStartLf,
    kMethod,
    kTarget,
    kVersion,
    kRequestLineLf,
    kFields,
    kBody,
    kRefused,
  };
  /// The fields whose values are wanted: indices of kFields.
  enum class Field : uint8_t { kHost, kExpect };
  static constexpr std::array<std::string_view, 2> kFields = {"host", "expect"};

  /// The method, a space, the target, a space, the version and the end of the line are in front of them.
  size_t fields_begin() const { return target_begin() + m_target_length + 1 + m_version.size() + 2; }

  Result FeedBody(const char* data, size_t size);
  const char* ReadRequestLine(const char* p, const char* end);
  const char* ReadMethod(const char* p, const char* end);
  const char* ReadTarget(const char* p, const char* end);
  const char* ReadFields(const char* p, const char* end);
  void TakeField(std::string_view value);
  bool EndHost(std::string_view value);
  bool EndVersion();
  bool EndHead();
  bool Refuse(int status);
  /// Takes a byte of a line that is limited.
  bool Charge(int status);

  const Limits* m_limits;
  State m_state;
  uint8_t m_leading;
  uint8_t m_percent;
  uint8_t m_minor;
  bool m_has_host;
  bool m_expects_continue;
  bool m_odd_expectation;
  int m_status;
  int m_later_status;
  size_t m_room;
  size_t m_method_length;
  size_t m_target_length;
  size_t m_version_length;
  HttpHeadReader m_fields{HttpHeadReader::Folding::kRefused, kFields, HttpHeadReader::kMaxValue};
  HttpBodyReader m_body;
  std::array<char, kMaxMethod> m_method;
  std::array<char, std::string_view("HTTP/1.1").size()> m_version;
};

}  // namespace bitcoin_support
