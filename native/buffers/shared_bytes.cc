#include "buffers/shared_bytes.h"

#include <event2/buffer.h>

#include <iterator>
#include <new>
#include <unordered_map>

#include "buffers/append_bytes.h"
#include "libevent/scrubbing_heap.h"
#include "napi/byte_source.h"

namespace bitcoin_support {
namespace {

// How many copies of the same length are compared. Where more differ, a body is hardly sent to many peers.
constexpr int kMostCompared = 8;

}  // namespace

void HeldBytes::AppendTo(evbuffer* buffer, size_t start) const {
  using Owner = std::shared_ptr<const void>;
  auto held = std::make_unique<Owner>(owner);
  const auto release = [](const void*, size_t, void* arg) { delete static_cast<Owner*>(arg); };
  if (evbuffer_add_reference(buffer, view.data() + start, view.size() - start, release, held.get()) != 0) {
    throw std::bad_alloc();
  }
  held.release();
}

struct SharedBytes::Index {
  std::unordered_multimap<size_t, std::weak_ptr<Copy>> copies;  // by length
};

class SharedBytes::Copy {
 public:
  Copy(std::shared_ptr<Index> index, const ByteSource& bytes)
      : m_index(std::move(index)), m_size(bytes.size()) {
    // One more than its size: see ByteSource::CopyTo().
    m_bytes = static_cast<char*>(ScrubbingMalloc(m_size + 1));
    if (m_bytes == nullptr) throw std::bad_alloc();
    bytes.CopyTo(m_bytes);
  }
  ~Copy() {
    ScrubbingFree(m_bytes);
    auto [entry, end] = m_index->copies.equal_range(m_size);
    while (entry != end) entry = entry->second.expired() ? m_index->copies.erase(entry) : std::next(entry);
  }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  std::string_view view() const { return {m_bytes, m_size}; }

  static std::shared_ptr<Copy> Find(const Index& index, std::string_view bytes) {
    auto [entry, end] = index.copies.equal_range(bytes.size());
    for (int i = 0; entry != end && i < kMostCompared; ++entry, ++i) {
      auto copy = entry->second.lock();
      if (copy != nullptr && copy->view() == bytes) return copy;
    }
    return nullptr;
  }

 private:
  const std::shared_ptr<Index> m_index;
  const size_t m_size;
  char* m_bytes = nullptr;
};

SharedBytes::SharedBytes() : m_index(std::make_shared<Index>()) {}
SharedBytes::~SharedBytes() = default;

HeldBytes SharedBytes::Hold(const ByteSource& bytes) {
  // A long string has no bytes to compare before they have been written out.
  if (const auto given = bytes.view()) {
    if (auto owner = bytes.Hold()) return {*given, std::move(owner)};
    if (auto known = Copy::Find(*m_index, *given)) return {known->view(), known};
  }
  auto copy = std::make_shared<Copy>(m_index, bytes);
  if (bytes.size() < kLeast) return {copy->view(), copy};
  if (bytes.is_text()) {
    if (auto known = Copy::Find(*m_index, copy->view())) return {known->view(), known};
  }
  m_index->copies.emplace(bytes.size(), copy);
  return {copy->view(), copy};
}

void SharedBytes::Append(const ByteSource& bytes, evbuffer* buffer) {
  if (bytes.size() < kLeast) {
    AppendBytes(bytes, buffer);
  } else {
    Hold(bytes).AppendTo(buffer);
  }
}

}  // namespace bitcoin_support
