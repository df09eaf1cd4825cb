// What a thread's loop still waits for.
#pragma once

#include <napi.h>

namespace bitcoin_support {

/// How many requests the thread has handed to the system or to other threads and not heard of since: writes,
/// reads, pieces of work, of Node's and of any addon's that uses libuv. Each may have addresses of
/// JavaScript's memory. Their number falls only in a turn of libuv's loop.
unsigned PendingRequests(napi_env env);

}  // namespace bitcoin_support
