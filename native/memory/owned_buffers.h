// Which secure buffers an environment's JavaScript owns.
#pragma once

#include <vector>

#include "secure/secure_buffer_table.h"

namespace bitcoin_support {

/// A thread that ends collects nothing: what its JavaScript has left is released here. Entries are found by
/// the buffer's index, which is small and reused.
class OwnedBuffers {
 public:
  /// Releases all that is left.
  ~OwnedBuffers();

  /// One more share of `number`.
  void Add(BufferNumber number);
  /// One share less. @returns false when there was none.
  bool Remove(BufferNumber number);
  /// All shares of a buffer that has been destroyed.
  void RemoveAll(BufferNumber number);

 private:
  std::vector<BufferNumber> m_by_index;
  std::vector<BufferNumber> m_more;  // second and further shares of one buffer, which are rare
};

}  // namespace bitcoin_support
