// Locked pages that JavaScript has as an ArrayBuffer of its own.
#pragma once

#include <napi.h>

#include <cstddef>

namespace bitcoin_support {

/// An ArrayBuffer of `size` bytes, at least one, over locked pages of its own. It is wiped and given back by
/// FreeSecureRegion(), or when it is collected. @returns undefined when there is none to be had.
Napi::Value NewSecureRegion(Napi::Env env, size_t size);

/// Wipes the pages, takes them from the ArrayBuffer, whose length becomes 0, and gives them back.
/// @returns false when they are none of NewSecureRegion(), or no more.
bool FreeSecureRegion(Napi::Env env, napi_value buffer);

}  // namespace bitcoin_support
