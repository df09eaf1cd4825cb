// Detaching ArrayBuffers that are marked as untransferable.
#pragma once

#include <napi.h>

namespace bitcoin_support {

/// Lets V8 detach `value` again, if it is an ArrayBuffer that markAsUntransferable() was called for. Before
/// that, Node 24 and later refuse to detach it, and napi_detach_arraybuffer() ends the process. Node-API has
/// no function for this, but V8 has one, which is looked up by name. Where it is not found, nothing happens.
void ReleaseArrayBuffer(napi_env env, napi_value value);

}  // namespace bitcoin_support
