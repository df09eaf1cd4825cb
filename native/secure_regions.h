// Locked pages that JavaScript sees as an ArrayBuffer.
#pragma once

#include <napi.h>

#include <cstddef>
#include <span>

namespace bitcoin_support {

/// An ArrayBuffer of `size` bytes, at least one, over locked pages of its own, which starts with `content`.
/// It is wiped and given back by FreeSecureRegion(), or when it is collected. @returns undefined when there
/// is none to be had.
Napi::Value NewSecureRegion(Napi::Env env, size_t size, std::span<const unsigned char> content);

/// Wipes the pages, takes them from the ArrayBuffer, whose length becomes 0, and gives them back.
/// @returns false when it is no ArrayBuffer of NewSecureRegion(), or no more.
bool FreeSecureRegion(Napi::Env env, napi_value buffer);

}  // namespace bitcoin_support
