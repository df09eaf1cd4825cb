// Arguments of native functions: checked, so that no call from JavaScript can go wrong in C++.
#pragma once

#include <napi.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>

namespace bitcoin_support {

/// The native functions are called by our own TypeScript, which validates by name; these are the
/// second line, so their messages are plain.
inline double NumberArg(const Napi::CallbackInfo& info, size_t index) {
  double value = 0;
  if (napi_get_value_double(info.Env(), info[index], &value) != napi_ok) {
    throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(index) + " is no number");
  }
  return value;
}

inline int IntArg(const Napi::CallbackInfo& info, size_t index) {
  const double value = NumberArg(info, index);
  if (!(value >= std::numeric_limits<int>::min() && value <= std::numeric_limits<int>::max()) ||
      std::floor(value) != value) {
    throw Napi::RangeError::New(info.Env(), "argument " + std::to_string(index) + " is no int");
  }
  return static_cast<int>(value);
}

inline bool BoolArg(const Napi::CallbackInfo& info, size_t index) {
  bool value = false;
  if (napi_get_value_bool(info.Env(), info[index], &value) != napi_ok) {
    throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(index) + " is no boolean");
  }
  return value;
}

/// A string as UTF-8.
inline std::string StringArg(const Napi::CallbackInfo& info, size_t index) {
  if (!info[index].IsString()) {
    throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(index) + " is no string");
  }
  return info[index].As<Napi::String>().Utf8Value();
}

/// A string as UTF-8, or nothing when it is undefined.
inline std::optional<std::string> OptionalStringArg(const Napi::CallbackInfo& info, size_t index) {
  if (info[index].IsUndefined()) return std::nullopt;
  return StringArg(info, index);
}

/// Milliseconds as libevent takes them; negative stands for "no time".
inline std::optional<timeval> TimevalFromMs(double ms) {
  if (!(ms >= 0)) return std::nullopt;
  const double seconds = std::floor(ms / 1000);
  timeval tv{};
  tv.tv_sec = static_cast<time_t>(seconds);
  tv.tv_usec = static_cast<suseconds_t>(std::floor((ms - seconds * 1000) * 1000));
  return tv;
}

}  // namespace bitcoin_support
