#include "napi/handle_table.h"

#include <cassert>
#include <stdexcept>

namespace bitcoin_support {
namespace {

constexpr uint32_t kMaxSlots = 1u << HandleTable::kSlotBits;
constexpr uint32_t kMaxGeneration = (1u << HandleTable::kGenerationBits) - 1;
constexpr double kMaxNumber = 9007199254740991.0;  // 2^53 - 1

}  // namespace

double HandleTable::Insert(Handle& handle) {
  uint32_t index;
  if (!m_free.empty()) {
    index = m_free.back();
    m_free.pop_back();
  } else {
    if (m_slots.size() >= kMaxSlots) throw std::length_error("too many live handles in this thread");
    index = static_cast<uint32_t>(m_slots.size());
    m_slots.emplace_back();
  }
  Slot& slot = m_slots[index];
  slot.handle = &handle;
  const uint64_t number =
      (m_tag << (kSlotBits + kGenerationBits)) | (uint64_t{slot.generation} << kSlotBits) | index;
  return static_cast<double>(number);
}

void HandleTable::Remove(double number, const HandleEnd& end) {
  const uint32_t index = SlotOf(number);
  assert(index < m_slots.size() && m_slots[index].handle != nullptr);
  Slot& slot = m_slots[index];
  slot.handle = nullptr;
  slot.end = end;
  if (slot.generation++ < kMaxGeneration) m_free.push_back(index);
}

LookupResult HandleTable::Find(double number, Handle*& found) const {
  if (!(number >= 1 && number <= kMaxNumber)) return LookupResult::kInvalid;
  const auto bits = static_cast<uint64_t>(number);
  if (static_cast<double>(bits) != number) return LookupResult::kInvalid;
  if ((bits >> (kSlotBits + kGenerationBits)) != m_tag) return LookupResult::kWrongThread;
  const uint32_t index = SlotOf(number);
  if (index >= m_slots.size()) return LookupResult::kInvalid;
  const Slot& slot = m_slots[index];
  const auto generation = static_cast<uint32_t>((bits >> kSlotBits) & kMaxGeneration);
  if (generation == 0 || generation > slot.generation) return LookupResult::kInvalid;
  if (generation < slot.generation) return LookupResult::kDisposed;
  if (slot.handle == nullptr) return LookupResult::kInvalid;
  found = slot.handle;
  return LookupResult::kFound;
}

HandleEnd HandleTable::EndOf(double number) const {
  const auto generation =
      static_cast<uint32_t>((static_cast<uint64_t>(number) >> kSlotBits) & kMaxGeneration);
  const Slot& slot = m_slots[SlotOf(number)];
  return generation + 1 == slot.generation ? slot.end : HandleEnd{};
}

std::vector<Handle*> HandleTable::Live() const {
  std::vector<Handle*> live;
  for (const Slot& slot : m_slots) {
    if (slot.handle != nullptr) live.push_back(slot.handle);
  }
  return live;
}

}  // namespace bitcoin_support
