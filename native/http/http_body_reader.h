// The body of an HTTP/1.x message, which may be chunked and end with trailers, read as RFC 9112 writes it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "http/http_limits.h"

namespace bitcoin_support {

/// Separates content from framing, in requests and replies. It stores no bytes, so they may come in any
/// pieces.
class HttpBodyReader {
 public:
  enum class Framing : uint8_t { kNone, kLength, kChunked, kToTheEnd };

  enum class Step : uint8_t {
    kFraming,    ///< all that was used is framing
    kData,       ///< what was used is content
    kExtension,  ///< what was used is a chunk extension: between a chunk's size and the end of its line
    kRefused,    ///< status() and fault() say why; the reader takes no more
  };
  struct Result {
    Step step;
    size_t used;
  };

  /// `length` is for kLength only. `limits` must outlive the reading, and may change meanwhile.
  void Begin(Framing framing, uint64_t length, const HttpLimits& limits);

  /// Replaces the limit for the content. `limit` must outlive the reading, and may change meanwhile.
  void LimitContent(const uint64_t& limit) { m_content_limit = &limit; }

  /// Reads from `data` up to where the next step begins. Call again with what was not used.
  Result Feed(const char* data, size_t size);

  bool complete() const { return m_state == State::kComplete; }
  /// The answer to a request whose body is refused.
  int status() const { return m_status; }
  /// What is wrong, in words.
  const char* fault() const { return m_fault; }

 private:
  enum class State : uint8_t {
    kData,
    kChunkSize,
    kChunkExtension,
    kChunkSizeLf,
    kChunkData,
    kChunkCr,
    kChunkLf,
    kTrailerStart,
    kTrailerName,
    kTrailerValue,
    kTrailerLf,
    kEndLf,
    kComplete,
    kRefused,
  };

  const char* ReadFraming(const char* p, const char* end);
  const char* ReadChunkSize(const char* p, const char* end);
  const char* ReadTrailerName(const char* p, const char* end);
  const char* ReadTrailerValue(const char* p, const char* end);
  Result SkipExtension(const char* data, size_t size);
  bool EndChunkSize();
  bool Refuse(int status, const char* fault);

  const uint64_t* m_content_limit = nullptr;
  State m_state = State::kComplete;
  uint8_t m_digits = 0;
  bool m_named = false;  // the trailer has a name, or the extension its semicolon
  int m_status = 0;
  const char* m_fault = "";
  size_t m_room = 0;
  size_t m_extension_room = 0;
  uint64_t m_left = 0;
  uint64_t m_body = 0;
};

}  // namespace bitcoin_support
