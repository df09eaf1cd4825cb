// Arguments of the native functions over secure memory. A wrong one is nothing instead of an exception:
// TypeScript throws one and the same error for all failures.
#pragma once

#include <napi.h>

#include <cmath>
#include <cstddef>
#include <optional>

#include "secure/secure_buffer_table.h"

namespace bitcoin_support {

/// An integer from 0 to `max`.
inline std::optional<size_t> SizeArg(const Napi::CallbackInfo& info, size_t index,
                                     size_t max = SecureBufferTable::kMaxCapacity) {
  double value = -1;
  if (napi_get_value_double(info.Env(), info[index], &value) != napi_ok) return std::nullopt;
  if (!(value >= 0 && value <= static_cast<double>(max)) || std::floor(value) != value) return std::nullopt;
  return static_cast<size_t>(value);
}

/// The number of a buffer, open or not; 0, which no buffer has, for anything else.
inline BufferNumber BufferNumberArg(const Napi::CallbackInfo& info, size_t index) {
  constexpr size_t kMaxNumber = (size_t{1} << 53) - 1;
  return SizeArg(info, index, kMaxNumber).value_or(0);
}

}  // namespace bitcoin_support
