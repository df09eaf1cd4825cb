// Several copies of the addon in one process, as where a program and a dependency have each installed the
// package.
#pragma once

#include <node_api.h>

namespace bitcoin_support {

/// The function that registers the copy of this version that was loaded first; null when that is this one.
///
/// It serves the others too: each copy would have its own part in libevent's log and heap, and its own driver
/// in libuv's loop, which would not let the other one wait.
napi_addon_register_func RegisterOfFirstCopy();

}  // namespace bitcoin_support
