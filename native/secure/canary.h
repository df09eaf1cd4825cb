// Bytes after a buffer's last one that only an overrun changes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bitcoin_support {

/// Fills memory with bytes that follow from its address and from a secret of the process, and tells whether
/// they are still there. Who has read one canary cannot make another's.
class Canary {
 public:
  /// Aborts the process when the system has no random bytes for the secret.
  Canary();

  void Fill(unsigned char* at, size_t size) const noexcept;
  bool Intact(const unsigned char* at, size_t size) const noexcept;

  /// A keyed hash of a number (SipHash-1-3).
  uint64_t Hash(uint64_t number) const noexcept;

 private:
  uint64_t m_key[2];
};

}  // namespace bitcoin_support
