// HTTP/1.x replies, read as RFC 9112 writes them, and as a client must understand them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/http_body_reader.h"

namespace bitcoin_support {

/// Follows the bytes of one reply and refuses what two parsers could understand in two ways. Unlike a
/// request, a reply may have folded lines, and a body that ends with the connection.
///
/// It keeps no bytes beyond a few words, so it can be given them in any pieces. It knows nothing of sockets,
/// of libevent or of Node.
class HttpReplyParser {
 public:
  enum class Step : uint8_t {
    kMore,       ///< all that was used is part of the head or of the body's framing
    kHead,       ///< the head ends with the last byte that was used
    kData,       ///< what was used is content of the body
    kExtension,  ///< what was used extends a chunk's size
    kRefused,    ///< fault() says why; the parser takes no more
  };
  struct Result {
    Step step;
    size_t used;
  };

  /// `limits` must outlive it.
  explicit HttpReplyParser(const HttpLimits& limits) : m_limits(limits) {}

  /// What was asked for decides whether the reply has a body.
  enum class Asked : uint8_t { kOther, kHead, kConnect };
  /// Begins with the next reply.
  void Begin(Asked asked);

  /// Reads from `data` up to where the next step begins. Call again with what was not used.
  Result Feed(const char* data, size_t size);

  /// Whether the reply has been read to its end. One that ends with the connection never has.
  bool complete() const { return m_state == State::kBody && m_body.complete(); }
  /// What is wrong, in words.
  const char* fault() const { return m_fault; }

  // --- once the head has been read ---------------------------------------------------------------------
  int status() const { return m_status; }
  /// Another reply to the same request follows.
  bool interim() const { return m_status < 200 && m_status != kSwitchingProtocols; }
  bool switches_protocols() const { return m_status == kSwitchingProtocols; }

 private:
  static constexpr int kSwitchingProtocols = 101;

  // The order counts: what comes before kBody is the head.
  enum class State : uint8_t {
    kVersion,
    kStatus,
    kReason,
    kFirstLf,
    kLineStart,
    kName,
    kValueStart,
    kValue,
    kLineLf,
    kHeadLf,
    kBody,
    kRefused,
  };
  enum class Field : uint8_t { kNone, kOther, kContentLength, kTransferEncoding };

  const char* ReadHead(const char* p, const char* end);
  const char* ReadFirstLine(const char* p, const char* end);
  const char* ReadName(const char* p, const char* end);
  const char* ReadValue(const char* p, const char* end);
  void EndName();
  bool EndField();
  bool EndContentLength(std::string_view value);
  void EndHead();
  bool Refuse(const char* fault);
  /// Takes a byte of the head, which is limited.
  bool Charge();

  const HttpLimits& m_limits;
  State m_state = State::kRefused;
  Asked m_asked = Asked::kOther;
  Field m_field = Field::kNone;
  bool m_has_length = false;
  bool m_chunked = false;
  int m_minor = 0;
  int m_status = 0;
  const char* m_fault = "";
  size_t m_room = 0;
  uint64_t m_content_length = 0;
  HttpBodyReader m_body;
  size_t m_word_length = 0;
  std::array<char, 64> m_word{};
};

}  // namespace bitcoin_support
