#include "secure/arena.h"

#include <iterator>
#include <limits>
#include <stdexcept>

namespace bitcoin_support {

Arena::Arena(void* base, size_t size, size_t alignment)
    : m_base(static_cast<char*>(base)), m_size(size), m_alignment(alignment) {
  if (size > 0) AddFree(m_base, size);
}

void* Arena::Alloc(size_t size) {
  if (size == 0 || size > std::numeric_limits<size_t>::max() - m_alignment) return nullptr;
  size = (size + m_alignment - 1) & ~(m_alignment - 1);
  const auto best = m_free_by_size.lower_bound(size);
  if (best == m_free_by_size.end()) return nullptr;
  const size_t left = best->first - size;
  char* const chunk = best->second;
  // Everything that may throw comes first, so that a lack of memory changes nothing.
  m_used.emplace(chunk + left, size);
  if (left == 0) {
    m_free_by_address.erase(chunk);
    m_free_by_size.erase(best);
  } else {
    // Giving the node its new size needs no memory.
    auto node = m_free_by_size.extract(best);
    node.key() = left;
    m_free_by_address[chunk] = m_free_by_size.insert(std::move(node));
  }
  m_used_bytes += size;
  return chunk + left;
}

void Arena::Free(void* ptr) {
  if (ptr == nullptr) return;
  const auto found = m_used.find(static_cast<char*>(ptr));
  if (found == m_used.end()) throw std::runtime_error("Arena: invalid or double free");
  char* chunk = found->first;
  size_t size = found->second;
  m_used_bytes -= size;
  m_used.erase(found);

  const auto next = m_free_by_address.lower_bound(chunk);
  if (next != m_free_by_address.begin()) {
    const auto previous = std::prev(next);
    if (previous->first + previous->second->first == chunk) {
      chunk = previous->first;
      size += previous->second->first;
      m_free_by_size.erase(previous->second);
      m_free_by_address.erase(previous);
    }
  }
  if (next != m_free_by_address.end() && chunk + size == next->first) {
    size += next->second->first;
    m_free_by_size.erase(next->second);
    m_free_by_address.erase(next);
  }
  AddFree(chunk, size);
}

void Arena::AddFree(char* chunk, size_t size) {
  m_free_by_address[chunk] = m_free_by_size.emplace(size, chunk);
}

Arena::Stats Arena::GetStats() const {
  return {m_used_bytes, m_size - m_used_bytes, m_size, m_used.size(), m_free_by_address.size()};
}

bool Arena::AddressInArena(const void* ptr) const noexcept {
  const auto* const byte = static_cast<const char*>(ptr);
  return byte >= m_base && byte < m_base + m_size;
}

std::string Arena::Walk() const {
  std::map<size_t, std::pair<size_t, bool>> chunks;
  for (const auto& [chunk, size] : m_used) chunks[static_cast<size_t>(chunk - m_base)] = {size, true};
  for (const auto& [chunk, entry] : m_free_by_address) {
    chunks[static_cast<size_t>(chunk - m_base)] = {entry->first, false};
  }
  std::string text;
  for (const auto& [offset, what] : chunks) {
    text += "offset=" + std::to_string(offset) + " length=" + std::to_string(what.first) +
            (what.second ? " used\n" : " free\n");
  }
  return text;
}

}  // namespace bitcoin_support
