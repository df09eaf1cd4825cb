#include "net/token_bucket.h"

#include "napi/arguments.h"
#include "napi/errors.h"

namespace bitcoin_support {

// (… read rate, read burst, write rate, write burst, tick in ms)
TokenBucket TokenBucketArgs(const Napi::CallbackInfo& info, size_t first) {
  size_t rates[4];
  for (size_t i = 0; i < 4; ++i) rates[i] = static_cast<size_t>(ByteLimitArg(info, first + i));
  const int tick_ms = IntArg(info, first + 4);
  // libevent divides by the number of whole milliseconds.
  if (tick_ms < 1) ThrowRangeError(info.Env(), "a tick takes 1 ms at least");
  const timeval tick{tick_ms / 1000, (tick_ms % 1000) * 1000};
  TokenBucket limit(ev_token_bucket_cfg_new(rates[0], rates[1], rates[2], rates[3], &tick));
  if (limit == nullptr)
    ThrowRangeError(info.Env(), "a rate is 1 at least, and a burst no less than its rate");
  return limit;
}

}  // namespace bitcoin_support
