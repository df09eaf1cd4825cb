// Numbers that JavaScript reads without a call.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>

namespace bitcoin_support {

/// Where each number stands: `SharedNumber` in src/native/shared-numbers.ts has the same places.
enum class SharedNumber : size_t {
  kCreatedId,      ///< of the handle that was made last
  kCreatedSlot,    ///< the same
  kLockFailures,   ///< of the locked pool: how often this thread is to report that it failed to lock, …
  kGrowths,        ///< … that it has grown, …
  kLockWarnings,   ///< … and that memory is not locked
  kBufferChanges,  ///< how many changes of buffers wait to be reported
  kReplyStatus,    ///< of the reply that requestTakeReply() has taken last
  kReplyMinor,     ///< the same: its minor version
  kReplyLength,    ///< the same: how many bytes of the slab its body takes, negative when it did not fit
  kEndedHandles,   ///< how many handles have ended: while it stays the same, no live handle has
  kLentLength,     ///< how long the content is that was lent last
  kCount,
};

/// An array in memory that both sides see: the addon writes it, which costs a store.
class SharedNumbers {
 public:
  explicit SharedNumbers(Napi::Env env)
      : m_array(Napi::Persistent(Napi::Float64Array::New(env, kSize).As<Napi::Object>())),
        m_numbers(array().Data()) {}

  void Set(SharedNumber which, double value) { m_numbers[static_cast<size_t>(which)] = value; }
  void Add(SharedNumber which, double more) { m_numbers[static_cast<size_t>(which)] += more; }

  /// The array itself, for JavaScript.
  Napi::Float64Array array() const { return m_array.Value().As<Napi::Float64Array>(); }

 private:
  static constexpr size_t kSize = static_cast<size_t>(SharedNumber::kCount);

  const Napi::ObjectReference m_array;  // keeps the memory alive
  double* const m_numbers;
};

}  // namespace bitcoin_support
