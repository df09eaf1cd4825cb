// Locked pages that JavaScript has as an ArrayBuffer of its own.
#pragma once

#include <napi.h>

#include <cstddef>

namespace bitcoin_support {

/// An ArrayBuffer of `size` bytes, at least one, over locked pages of its own. It is wiped and given back by
/// FreeSecureRegion(), or when it is collected. @returns undefined when there is none to be had.
Napi::Value NewSecureRegion(Napi::Env env, size_t size);

enum class RegionEnd {
  kUnknown,  ///< it is none of NewSecureRegion(), or no more
  kFreed,    ///< it is given back, and the ArrayBuffer's length is 0
  kRetired,  ///< it is given back, but ordinary pages are in its place, because something is pending in the
             ///< thread's loop that may have its address: JavaScript moves them out of the ArrayBuffer
};

/// Wipes the pages and gives them back.
RegionEnd FreeSecureRegion(Napi::Env env, napi_value buffer);

}  // namespace bitcoin_support
