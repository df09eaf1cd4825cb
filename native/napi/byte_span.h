// The bytes behind a JavaScript buffer or view.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace bitcoin_support {

/// Good until JavaScript runs again: it might detach the buffer.
struct ByteSpan {
  uint8_t* data = nullptr;
  size_t size = 0;

  /// An ArrayBuffer, or any view of one or of a SharedArrayBuffer. A detached one is empty.
  /// @throws TypeError for anything else.
  static ByteSpan Of(Napi::Env env, napi_value value);

  /// A Uint8Array whose buffer is neither detached nor shared with other threads; nothing for anything else.
  static std::optional<ByteSpan> OfUnsharedBytes(Napi::Env env, napi_value value);
};

}  // namespace bitcoin_support
