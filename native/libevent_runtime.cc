#include "libevent_runtime.h"

#include <event2/event.h>
#include <event2/thread.h>
#include <node_api.h>

#include <mutex>
#include <stdexcept>

#include "scrubbing_heap.h"

namespace bitcoin_support {
namespace {

// libevent would call exit(1). An abort keeps the evidence: node prints both stacks and a core may
// be written.
void OnFatal(int) {
  napi_fatal_error("libevent", NAPI_AUTO_LENGTH, "unrecoverable error inside libevent", NAPI_AUTO_LENGTH);
}

}  // namespace

void InitLibeventRuntime() {
  static std::once_flag once;
  std::call_once(once, [] {
    // Safe even when another part of the process has used libevent before: the blocks stay
    // ordinary malloc blocks, so either side may free what the other allocated.
    event_set_mem_functions(ScrubbingMalloc, ScrubbingRealloc, ScrubbingFree);
    event_set_fatal_callback(OnFatal);
    if (evthread_use_pthreads() != 0) throw std::runtime_error("libevent refused pthreads locking");
  });
}

}  // namespace bitcoin_support
