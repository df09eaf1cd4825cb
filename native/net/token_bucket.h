// How much may pass in a time: libevent's ev_token_bucket_cfg.
#pragma once

#include <event2/bufferevent.h>
#include <napi.h>

#include <memory>

namespace bitcoin_support {

struct TokenBucketDeleter {
  void operator()(ev_token_bucket_cfg* config) const { ev_token_bucket_cfg_free(config); }
};
using TokenBucket = std::unique_ptr<ev_token_bucket_cfg, TokenBucketDeleter>;

/// From five arguments: bytes read and written in a tick, and at most at once (each two), and the tick in ms.
/// @throws RangeError
TokenBucket TokenBucketArgs(const Napi::CallbackInfo& info, size_t first);

}  // namespace bitcoin_support
