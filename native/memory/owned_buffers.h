// Which secure buffers an environment's JavaScript owns.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "secure/secure_buffer_table.h"

namespace bitcoin_support {

class Environment;

/// A thread that ends collects nothing: what its JavaScript has left is released here. Entries are found by
/// the buffer's index, which is small and reused. V8 is told how much memory they are, or it would not hurry
/// to collect objects that look small.
class OwnedBuffers {
 public:
  explicit OwnedBuffers(Environment& env);
  /// Releases all that is left, and the tokens that have not been opened.
  ~OwnedBuffers();
  OwnedBuffers(const OwnedBuffers&) = delete;
  OwnedBuffers& operator=(const OwnedBuffers&) = delete;

  /// One more share of `number`.
  void Add(BufferNumber number);
  /// One share less. @returns false when there was none.
  bool Remove(BufferNumber number);
  /// All shares of a buffer that has been destroyed.
  void RemoveAll(BufferNumber number);

  /// From this size on a buffer is watched, so that a loop that drops many does not have to make a turn.
  static constexpr size_t kWatched = 64 * 1024;
  /// Has ReleaseCollected() release a share of `number` once `object` has been collected.
  void Watch(BufferNumber number, napi_value object);
  /// @returns false when it was not watched, or has been released since
  bool Unwatch(BufferNumber number);
  /// For one of `size` bytes that is about to be made. It looks only now and then, at all that are watched.
  void ReleaseCollected(size_t size);

 private:
  struct Watched {
    BufferNumber number = 0;
    napi_ref object = nullptr;  // weak
  };
  static constexpr size_t kBetweenLooks = 8 * 1024 * 1024;
  struct Share {
    BufferNumber number = 0;
    size_t bytes = 0;
  };

  void Account(int64_t change);

  const napi_env m_env;
  std::vector<Share> m_by_index;
  std::vector<Share> m_more;  // second and further shares of one buffer, which are rare
  std::vector<Watched> m_watched;
  size_t m_made = 0;     // bytes since all that are watched were looked at
  int64_t m_untold = 0;  // bytes more or less than V8 knows of
};

}  // namespace bitcoin_support
