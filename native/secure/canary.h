// Bytes after a buffer's end that only an overrun changes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bitcoin_support {

/// Fills memory with bytes that depend on its address and on a secret of the process, and checks whether they
/// are still there. Whoever reads one canary cannot compute another one.
class Canary {
 public:
  /// Aborts the process when the system has no random bytes for the secret.
  Canary();

  void Fill(unsigned char* at, size_t size) const noexcept;
  bool Intact(const unsigned char* at, size_t size) const noexcept;

  /// @returns a keyed hash of a number (SipHash-1-3)
  uint64_t Hash(uint64_t number) const noexcept;

 private:
  uint64_t m_key[2];
};

}  // namespace bitcoin_support
