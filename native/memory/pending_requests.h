// The requests that a thread's loop waits for.
#pragma once

#include <napi.h>

namespace bitcoin_support {

/// How many requests the thread has handed to the system or to other threads that have not completed: writes,
/// reads, pieces of work, of Node and of any addon that uses libuv. Each may have addresses of JavaScript's
/// memory. The number falls only in a turn of libuv's loop.
unsigned PendingRequests(napi_env env);

}  // namespace bitcoin_support
