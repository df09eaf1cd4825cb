// Numbers that JavaScript reads without a call.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>

namespace bitcoin_support {

/// Where each number stands.
enum class SharedNumber : size_t {
#define SHARED_NUMBER(number, name) number,
#include "napi/tables.def"
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

  const Napi::ObjectReference m_array;  ///< keeps the memory alive
  double* const m_numbers;
};

}  // namespace bitcoin_support
