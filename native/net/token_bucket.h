// struct ev_token_bucket_cfg: a rate limit's settings.
#pragma once

#include <event2/bufferevent.h>
#include <napi.h>

#include <memory>

namespace bitcoin_support {

struct TokenBucketDeleter {
  void operator()(ev_token_bucket_cfg* config) const { ev_token_bucket_cfg_free(config); }
};
using TokenBucket = std::unique_ptr<ev_token_bucket_cfg, TokenBucketDeleter>;

/// From five arguments: read rate, read burst, write rate and write burst in bytes a tick, and the tick in
/// ms.
/// @throws RangeError
TokenBucket TokenBucketArgs(const Napi::CallbackInfo& info, size_t first);

}  // namespace bitcoin_support
