#include "buffers/shared_bytes.h"

#include <event2/buffer.h>

#include <cstring>
#include <new>
#include <string_view>
#include <unordered_map>

#include "buffers/append_bytes.h"
#include "libevent/scrubbing_heap.h"
#include "napi/byte_source.h"

namespace bitcoin_support {
namespace {

// How many copies of the same length are compared. Where more differ, a body is hardly sent to many peers.
constexpr int kMostCompared = 8;

struct ScrubbingDeleter {
  void operator()(char* block) const { ScrubbingFree(block); }
};

}  // namespace

struct SharedBytes::Index {
  std::unordered_multimap<size_t, Copy*> copies;  // by length
};

/// One copy, with the number of buffers that hold it.
class SharedBytes::Copy {
 public:
  Copy(std::shared_ptr<Index> index, const ByteSource& bytes)
      : m_index(std::move(index)), m_size(bytes.size()) {
    // One more than its size: see ByteSource::CopyTo().
    m_bytes.reset(static_cast<char*>(ScrubbingMalloc(m_size + 1)));
    if (m_bytes == nullptr) throw std::bad_alloc();
    bytes.CopyTo(m_bytes.get());
  }

  std::string_view view() const { return {m_bytes.get(), m_size}; }

  /// Lets Find() find it. Without memory for that, it stays unknown.
  void Publish() {
    try {
      m_index->copies.emplace(m_size, this);
    } catch (const std::bad_alloc&) {
    }
  }

  /// @throws std::bad_alloc
  void AddTo(evbuffer* buffer) {
    const auto release = [](const void*, size_t, void* copy) { static_cast<Copy*>(copy)->Release(); };
    if (evbuffer_add_reference(buffer, m_bytes.get(), m_size, release, this) != 0) throw std::bad_alloc();
    ++m_holders;
  }

  static Copy* Find(const Index& index, std::string_view bytes) {
    auto [entry, end] = index.copies.equal_range(bytes.size());
    for (int i = 0; entry != end && i < kMostCompared; ++entry, ++i) {
      if (entry->second->view() == bytes) return entry->second;
    }
    return nullptr;
  }

 private:
  void Release() {
    if (--m_holders > 0) return;
    auto [entry, end] = m_index->copies.equal_range(m_size);
    for (; entry != end; ++entry) {
      if (entry->second != this) continue;
      m_index->copies.erase(entry);
      break;
    }
    delete this;
  }

  const std::shared_ptr<Index> m_index;
  const size_t m_size;
  std::unique_ptr<char, ScrubbingDeleter> m_bytes;
  size_t m_holders = 0;
};

SharedBytes::SharedBytes() : m_index(std::make_shared<Index>()) {}
SharedBytes::~SharedBytes() = default;

void SharedBytes::Append(const ByteSource& bytes, evbuffer* buffer) {
  if (bytes.size() < kLeast) {
    AppendBytes(bytes, buffer);
    return;
  }
  // A long string has no bytes to compare before they have been written out.
  if (const auto given = bytes.view()) {
    if (Copy* const known = Copy::Find(*m_index, *given)) return known->AddTo(buffer);
  }
  auto copy = std::make_unique<Copy>(m_index, bytes);
  if (bytes.is_text()) {
    if (Copy* const known = Copy::Find(*m_index, copy->view())) return known->AddTo(buffer);
  }
  copy->AddTo(buffer);
  copy.release()->Publish();
}

}  // namespace bitcoin_support
