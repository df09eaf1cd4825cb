#include "memory/pending_requests.h"

#include <uv.h>

namespace bitcoin_support {

unsigned PendingRequests(napi_env env) {
  uv_loop_t* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return 0;
  return loop->active_reqs.count;
}

}  // namespace bitcoin_support
