#include "napi/byte_span.h"

#include "napi/errors.h"

namespace bitcoin_support {
namespace {

size_t ElementSize(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array:
      return 1;
    case napi_int16_array:
    case napi_uint16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      return 8;
    default:  // one that is newer than this file
      return 0;
  }
}

}  // namespace

ByteSpan ByteSpan::Of(Napi::Env env, napi_value value) {
  bool is = false;
  void* data = nullptr;
  size_t size = 0;
  if (napi_is_typedarray(env, value, &is) == napi_ok && is) {
    napi_typedarray_type type{};
    if (napi_get_typedarray_info(env, value, &type, &size, &data, nullptr, nullptr) == napi_ok &&
        ElementSize(type) > 0) {
      size *= ElementSize(type);
      return {static_cast<uint8_t*>(data), data == nullptr ? 0 : size};
    }
  } else if (napi_is_dataview(env, value, &is) == napi_ok && is) {
    if (napi_get_dataview_info(env, value, &size, &data, nullptr, nullptr) == napi_ok) {
      return {static_cast<uint8_t*>(data), data == nullptr ? 0 : size};
    }
  } else if (napi_is_arraybuffer(env, value, &is) == napi_ok && is) {
    if (napi_get_arraybuffer_info(env, value, &data, &size) == napi_ok) {
      return {static_cast<uint8_t*>(data), data == nullptr ? 0 : size};
    }
  }
  ThrowTypeError(env, "neither an ArrayBuffer nor a view of one");
}

std::optional<ByteSpan> ByteSpan::OfUnsharedBytes(Napi::Env env, napi_value value) {
  bool is = false;
  napi_typedarray_type type{};
  void* data = nullptr;
  size_t size = 0;
  napi_value buffer;
  if (napi_is_typedarray(env, value, &is) != napi_ok || !is ||
      napi_get_typedarray_info(env, value, &type, &size, &data, &buffer, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    return std::nullopt;
  }
  // A SharedArrayBuffer is no ArrayBuffer.
  bool detached = false;
  if (napi_is_arraybuffer(env, buffer, &is) != napi_ok || !is ||
      napi_is_detached_arraybuffer(env, buffer, &detached) != napi_ok || detached) {
    return std::nullopt;
  }
  return ByteSpan{static_cast<uint8_t*>(data), data == nullptr ? 0 : size};
}

}  // namespace bitcoin_support
