// What keeps an ArrayBuffer's memory where it is.
#pragma once

#include <napi.h>

namespace bitcoin_support {

/// Has V8 detach `value` again, if it is an ArrayBuffer that markAsUntransferable() has been called for.
/// Until then, Node 24 and later refuse that, and napi_detach_arraybuffer() ends the process. Node-API has no
/// function for it, but V8 has one, which is looked up by name: where it is not found, nothing happens.
void ReleaseArrayBuffer(napi_env env, napi_value value);

}  // namespace bitcoin_support
