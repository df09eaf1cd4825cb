// The locked pages that `use()` lends to JavaScript.
#pragma once

#include <napi.h>

#include <cstddef>
#include <span>
#include <vector>

#include "memory/secure_region.h"

namespace bitcoin_support {

/// One for each environment. Getting pages from the system costs a hundred times what lending them does, so a
/// few stay with the thread: wiped, and counted as free in the pool's stats.
class LentMemory final : public SecureRegion::Owner {
 public:
  LentMemory() = default;
  /// Gives back what is not lent.
  ~LentMemory();
  LentMemory(const LentMemory&) = delete;
  LentMemory& operator=(const LentMemory&) = delete;

  /// An ArrayBuffer of at least one byte that starts with `content`, until TakeBack().
  /// @returns undefined when there is no memory.
  Napi::Value Lend(Napi::Env env, std::span<const unsigned char> content);

  /// Wipes the memory of Lend() and takes it away: the ArrayBuffer's length becomes 0. @returns false when it
  /// is not lent, and when the memory has been moved out of the ArrayBuffer: it is wiped then too, but comes
  /// back only when it is collected where it is.
  bool TakeBack(Napi::Env env, napi_value buffer);

  void OnFinalized(SecureRegion& region) override;

 private:
  struct Pages {
    void* memory;
    size_t size;
  };

  /// What a thread keeps: so many, each of at most so many bytes.
  static constexpr size_t kKept = 4;
  static constexpr size_t kLargestKept = 64 * 1024;
  static constexpr size_t kSmallest = 16 * 1024;

  Pages Take(size_t size);
  void Keep(Pages pages);

  std::vector<Pages> m_idle;
  std::vector<SecureRegion*> m_lent;  // the innermost use last
};

}  // namespace bitcoin_support
