// Ordinary memory that an ArrayBuffer has.
#pragma once

#include <napi.h>

#include <cstddef>

namespace bitcoin_support {

/// An ArrayBuffer of `size` zero bytes, at least one, off V8's own heap. They are wiped before they are
/// freed, when the last ArrayBuffer that their memory has been moved to is collected. @returns undefined when
/// there is no memory.
Napi::Value NewWipedMemory(Napi::Env env, size_t size);

}  // namespace bitcoin_support
