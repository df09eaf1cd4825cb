// Arguments of native functions: checked, so that no call from JavaScript can go wrong in C++.
#pragma once

#include <napi.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "napi/errors.h"

namespace bitcoin_support {

/// The native functions are called by our own TypeScript, which validates by name; these are the
/// second line, so their messages are plain.
inline double NumberArg(const Napi::CallbackInfo& info, size_t index) {
  double value = 0;
  if (napi_get_value_double(info.Env(), info[index], &value) != napi_ok) {
    ThrowTypeError(info.Env(), "argument " + std::to_string(index) + " is no number");
  }
  return value;
}

inline int IntArg(const Napi::CallbackInfo& info, size_t index) {
  const double value = NumberArg(info, index);
  if (!(value >= std::numeric_limits<int>::min() && value <= std::numeric_limits<int>::max()) ||
      std::floor(value) != value) {
    ThrowRangeError(info.Env(), "argument " + std::to_string(index) + " is no int");
  }
  return static_cast<int>(value);
}

inline bool BoolArg(const Napi::CallbackInfo& info, size_t index) {
  bool value = false;
  if (napi_get_value_bool(info.Env(), info[index], &value) != napi_ok) {
    ThrowTypeError(info.Env(), "argument " + std::to_string(index) + " is no boolean");
  }
  return value;
}

/// An address, as an unsigned integer of 64 bits.
inline void* AddressArg(const Napi::CallbackInfo& info, size_t index) {
  uint64_t address = 0;
  bool lossless = false;
  if (napi_get_value_bigint_uint64(info.Env(), info[index], &address, &lossless) != napi_ok) {
    ThrowTypeError(info.Env(), "argument " + std::to_string(index) + " is no bigint");
  }
  if (!lossless || address > std::numeric_limits<uintptr_t>::max()) {
    ThrowRangeError(info.Env(), "argument " + std::to_string(index) + " is no address");
  }
  return reinterpret_cast<void*>(static_cast<uintptr_t>(address));
}

/// The address of a function. @throws RangeError for null, too
template <class Function>
Function FunctionArg(const Napi::CallbackInfo& info, size_t index) {
  void* const address = AddressArg(info, index);
  if (address == nullptr) {
    ThrowRangeError(info.Env(), "argument " + std::to_string(index) + " is no address of a function");
  }
  return reinterpret_cast<Function>(address);
}

/// A string as UTF-8.
inline std::string StringArg(const Napi::CallbackInfo& info, size_t index) {
  if (!info[index].IsString()) {
    ThrowTypeError(info.Env(), "argument " + std::to_string(index) + " is no string");
  }
  return info[index].As<Napi::String>().Utf8Value();
}

/// A limit in bytes, cut to what libevent can hold; NaN and what is negative stand for 0.
inline ptrdiff_t ByteLimitArg(const Napi::CallbackInfo& info, size_t index) {
  constexpr double kMax = 9007199254740991.0;  // 2^53 - 1
  const double bytes = NumberArg(info, index);
  return bytes > 0 ? static_cast<ptrdiff_t>(std::min(bytes, kMax)) : 0;
}

/// Milliseconds as libevent takes them; negative stands for "no time", and so does NaN.
inline std::optional<timeval> TimevalFromMs(double ms) {
  constexpr double kMaxMs = 1e12;  // libevent adds it to its clock, which must not overflow
  if (!(ms >= 0)) return std::nullopt;
  ms = std::min(ms, kMaxMs);
  const double seconds = std::floor(ms / 1000);
  timeval tv{};
  tv.tv_sec = static_cast<time_t>(seconds);
  tv.tv_usec = static_cast<suseconds_t>(std::floor((ms - seconds * 1000) * 1000));
  return tv;
}

}  // namespace bitcoin_support
