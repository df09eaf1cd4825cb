// The handle types of the process and their live counters.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace bitcoin_support {

/// A declared handle type. Exists once in the process, however many threads declare it, and for
/// ever, so a reference to it never dangles.
struct HandleType {
  explicit HandleType(std::string_view type_name, uint32_t type_index) : name(type_name), index(type_index) {}

  const std::string name;
  const uint32_t index;
  std::atomic<uint64_t> live{0};
  std::atomic<uint64_t> next_id{1};
};

/// The one place where a live counter moves: up when made, down when destroyed.
class LiveCount {
 public:
  explicit LiveCount(HandleType& type) : m_type(type) { m_type.live.fetch_add(1, std::memory_order_relaxed); }
  ~LiveCount() { m_type.live.fetch_sub(1, std::memory_order_relaxed); }
  LiveCount(const LiveCount&) = delete;
  LiveCount& operator=(const LiveCount&) = delete;

 private:
  HandleType& m_type;
};

/// Finds or makes the type called `name`. Thread-safe.
HandleType& DeclareHandleType(std::string_view name);

/// The type with that index, or null. Thread-safe.
HandleType* FindHandleType(uint32_t index);

}  // namespace bitcoin_support
