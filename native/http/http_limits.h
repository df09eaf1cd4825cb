// Limits for the length of HTTP messages.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bitcoin_support {

/// How long messages may be.
struct HttpLimits {
  size_t head = SIZE_MAX;      ///< first line and header lines, without line ends; also of all trailers
  uint64_t body = UINT64_MAX;  ///< without the framing of chunks
};

}  // namespace bitcoin_support
