#include "secure/constant_time.h"

#include <cstring>

namespace bitcoin_support {
namespace {

// Makes the compiler assume that the value may have changed, so that it cannot leave the loop early.
template <typename T>
inline void Hide(T& value) noexcept {
  __asm__ __volatile__("" : "+r"(value));
}

constexpr size_t kStep = 4 * sizeof(uint64_t);

}  // namespace

uint64_t ConstantTimeDifference(const void* a, const void* b, size_t size) noexcept {
  const auto* left = static_cast<const unsigned char*>(a);
  const auto* right = static_cast<const unsigned char*>(b);
  uint64_t difference = 0;
  size_t done = 0;
  for (; done + kStep <= size; done += kStep) {
    uint64_t x[4];
    uint64_t y[4];
    std::memcpy(x, left + done, kStep);
    std::memcpy(y, right + done, kStep);
    difference |= (x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]);
    Hide(difference);
  }
  for (; done < size; ++done) {
    difference |= static_cast<uint64_t>(left[done] ^ right[done]);
    Hide(difference);
  }
  return difference;
}

uint64_t ConstantTimeBits(const void* bytes, size_t size) noexcept {
  const auto* from = static_cast<const unsigned char*>(bytes);
  uint64_t bits = 0;
  size_t done = 0;
  for (; done + kStep <= size; done += kStep) {
    uint64_t x[4];
    std::memcpy(x, from + done, kStep);
    bits |= x[0] | x[1] | x[2] | x[3];
    Hide(bits);
  }
  for (; done < size; ++done) {
    bits |= from[done];
    Hide(bits);
  }
  return bits;
}

}  // namespace bitcoin_support
