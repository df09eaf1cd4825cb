// Holding the memory of an ArrayBuffer.
#pragma once

#include <napi.h>

#include <memory>

namespace bitcoin_support {

/// Keeps the memory of `value` where it is until the last copy of the result has gone, whatever becomes of
/// the ArrayBuffer meanwhile: JavaScript may drop it, detach it, or transfer it to another thread. The result
/// may be released on any thread. It does not keep the content: JavaScript may change it at any time.
///
/// @returns null for a SharedArrayBuffer, for an ArrayBuffer that can be resized (its memory may be taken
/// away), and where V8's function is not found, for which Node-API has no equivalent
std::shared_ptr<const void> HoldArrayBuffer(Napi::Env env, napi_value value);

}  // namespace bitcoin_support
