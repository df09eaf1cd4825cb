// Numbers for handles: JavaScript holds a number, never a pointer.
#pragma once

#include <cstdint>
#include <vector>

#include "napi/handle_end.h"

namespace bitcoin_support {

class Handle;

/// What a number turned out to be.
enum class LookupResult : uint8_t {
  kFound,
  kDisposed,     ///< it was a handle of this thread once
  kWrongThread,  ///< it belongs to another thread's table
  kInvalid,      ///< no handle ever had it
};

/// A thread's handles. A number is [thread tag: 11 bits][generation: 20][slot: 22], which a double
/// holds exactly. A slot's generation rises each time it is freed; a slot whose generations are used
/// up is never used again, so that a stale number can never find a newer handle.
class HandleTable {
 public:
  static constexpr unsigned kSlotBits = 22;
  static constexpr unsigned kGenerationBits = 20;
  static constexpr unsigned kTagBits = 11;

  explicit HandleTable(uint32_t tag) : m_tag(tag & ((1u << kTagBits) - 1)) {}

  /// @returns the handle's number, never 0.
  /// @throws std::length_error at 2^22 live handles in one thread.
  double Insert(Handle& handle);
  void Remove(double number, const HandleEnd& end);

  LookupResult Find(double number, Handle*& found) const;
  /// What is known of a handle that Find() calls disposed: all, unless its slot has been used again since.
  HandleEnd EndOf(double number) const;

  /// The live handles, oldest slot first.
  std::vector<Handle*> Live() const;

  static uint32_t SlotOf(double number) {
    return static_cast<uint32_t>(static_cast<uint64_t>(number) & ((1u << kSlotBits) - 1));
  }

 private:
  struct Slot {
    Handle* handle = nullptr;
    uint32_t generation = 1;
    HandleEnd end;  ///< of the generation before
  };

  const uint64_t m_tag;
  std::vector<Slot> m_slots;
  std::vector<uint32_t> m_free;
};

}  // namespace bitcoin_support
