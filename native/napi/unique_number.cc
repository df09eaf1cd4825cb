#include "napi/unique_number.h"

#include <atomic>
#include <random>

namespace bitcoin_support {

uint32_t NextUniqueNumber() {
  static std::atomic<uint32_t> next{std::random_device{}()};
  // An odd factor is a bijection of 32 bits: neighbours end up far apart, none twice.
  constexpr uint32_t kFactor = 0x9e3779b1;
  return next.fetch_add(1, std::memory_order_relaxed) * kFactor;
}

}  // namespace bitcoin_support
