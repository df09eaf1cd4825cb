// Parses HTTP/1.x replies as RFC 9112 demands of a client.
#pragma once

#include <cstddef>
#include <cstdint>

#include "http/http_body_reader.h"
#include "http/http_head_reader.h"
#include "http/http_status.h"

namespace bitcoin_support {

/// Follows the bytes of one reply and refuses what two parsers could read in two ways. Unlike a request, a
/// reply may have folded lines, and a body that ends with the connection.
///
/// It stores only a few words, so the bytes may come in any pieces. It does not depend on sockets, libevent
/// or Node.
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
  //   kVersion -> kStatus -> kReason -> kFirstLf -> kFields -> kBody
  // and from each of them to kRefused.
  enum class State : uint8_t { kVersion, kStatus, kReason, kFirstLf, kFields, kBody, kRefused };

  const char* ReadFirstLine(const char* p, const char* end);
  const char* ReadFields(const char* p, const char* end);
  Result FeedBody(const char* data, size_t size);
  void EndHead();
  bool Refuse(const char* fault);
  /// Takes a byte of the head, which is limited.
  bool Charge();

  // Of the values that are kept: those that say how long the body is.
  static constexpr size_t kMaxValue = 64;

  const HttpLimits& m_limits;
  State m_state = State::kRefused;
  Asked m_asked = Asked::kOther;
  int m_minor = 0;
  int m_status = 0;
  const char* m_fault = "";
  size_t m_room = 0;
  size_t m_length = 0;  // of the word of the first line that is being read
  HttpHeadReader m_fields{HttpHeadReader::Folding::kAllowed, {}, kMaxValue};
  HttpBodyReader m_body;
};

}  // namespace bitcoin_support
