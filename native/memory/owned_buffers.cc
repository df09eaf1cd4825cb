#include "memory/owned_buffers.h"

#include <algorithm>

namespace bitcoin_support {
namespace {

size_t IndexOf(BufferNumber number) {
  return static_cast<size_t>(number & ((BufferNumber{1} << SecureBufferTable::kIndexBits) - 1));
}

}  // namespace

OwnedBuffers::~OwnedBuffers() {
  SecureBufferTable* const table = SecureBufferTable::IfMade();
  if (table == nullptr) return;
  for (const BufferNumber number : m_by_index) {
    if (number != 0) table->Release(number);
  }
  for (const BufferNumber number : m_more) table->Release(number);
}

void OwnedBuffers::Add(BufferNumber number) {
  const size_t index = IndexOf(number);
  if (index >= m_by_index.size()) m_by_index.resize(std::max(index + 1, m_by_index.size() * 2));
  // Of an older generation in the same place nothing is left to release.
  if (m_by_index[index] == number) {
    m_more.push_back(number);
  } else {
    m_by_index[index] = number;
  }
}

bool OwnedBuffers::Remove(BufferNumber number) {
  if (number == 0) return false;  // what an empty place holds
  const auto more = std::find(m_more.begin(), m_more.end(), number);
  if (more != m_more.end()) {
    m_more.erase(more);
    return true;
  }
  const size_t index = IndexOf(number);
  if (index >= m_by_index.size() || m_by_index[index] != number) return false;
  m_by_index[index] = 0;
  return true;
}

void OwnedBuffers::RemoveAll(BufferNumber number) {
  while (Remove(number)) continue;
}

}  // namespace bitcoin_support
