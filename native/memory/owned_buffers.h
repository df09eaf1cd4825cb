// The secure buffers that an environment's JavaScript owns.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "secure/secure_buffer_table.h"

namespace bitcoin_support {

class Environment;

/// A thread that ends collects no garbage: the shares that its JavaScript has left are released here. An
/// entry is found by the buffer's index, which is small and reused. V8 gets to know how much memory the
/// buffers have; otherwise it would take its time to collect objects that look small.
class OwnedBuffers {
 public:
  explicit OwnedBuffers(Environment& env);
  /// Releases all shares that are left, and the tokens that have not been opened.
  ~OwnedBuffers();
  OwnedBuffers(const OwnedBuffers&) = delete;
  OwnedBuffers& operator=(const OwnedBuffers&) = delete;

  /// Adds a share of `number`.
  void Add(BufferNumber number);
  /// Removes one share. @returns false when there was none.
  bool Remove(BufferNumber number);
  /// Removes all shares of a buffer that is being destroyed.
  void RemoveAll(BufferNumber number);

  /// From this size on, a buffer is watched: a loop that drops many of them need not wait for a turn until
  /// they are released.
  static constexpr size_t kWatched = 64 * 1024;
  /// Makes ReleaseCollected() release a share of `number` once `object` has been collected.
  void Watch(BufferNumber number, napi_value object);
  /// @returns false when it was not watched, or has been released meanwhile
  bool Unwatch(BufferNumber number);
  /// To be called before a buffer of `size` bytes is made. Looks at all watched buffers, but only now and
  /// then.
  void ReleaseCollected(size_t size);

 private:
  struct Watched {
    BufferNumber number = 0;
    napi_ref object = nullptr;  ///< weak
  };
  static constexpr size_t kBetweenLooks = 8 * 1024 * 1024;
  struct Share {
    BufferNumber number = 0;
    size_t bytes = 0;
  };

  void ReportToV8(int64_t change);

  const napi_env m_env;
  std::vector<Share> m_by_index;
  std::vector<Share> m_more;  ///< second and further shares of one buffer, which are rare
  std::vector<Watched> m_watched;
  size_t m_made = 0;          ///< bytes since all watched buffers were looked at
  int64_t m_unaccounted = 0;  ///< bytes more or less than V8 knows of
};

}  // namespace bitcoin_support
