// Locked pages that JavaScript has as an ArrayBuffer of its own.
#pragma once

#include <napi.h>

#include <mutex>
#include <unordered_map>

#include "memory/secure_region.h"

namespace bitcoin_support {

class Environment;

/// The regions that JavaScript has allocated, by address. An ArrayBuffer may be transferred, so all threads
/// share one of these.
class AllocatedRegions final : public SecureRegion::Owner {
 public:
  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  /// How FreeNapi() has ended, for JavaScript.
  enum class Freed {
    kUnknown,  ///< the ArrayBuffer has no region, or has none any more
    kFreed,    ///< the pages are back in the pool, and the ArrayBuffer is detached
    kRetired,  ///< the pages are back in the pool. Ordinary ones are in their place, because a request is
               ///< pending in the thread's loop that may have the address; JavaScript transfers the
               ///< ArrayBuffer
  };

  static AllocatedRegions& Instance();

  bool Add(SecureRegion& region);
  Freed Free(napi_env env, napi_value buffer, const void* address);
  void OnFinalized(SecureRegion& region) override;

  static Napi::Value NewNapi(const Napi::CallbackInfo& info);
  static Napi::Value FreeNapi(const Napi::CallbackInfo& info);

  std::mutex m_mutex;
  std::unordered_map<const void*, SecureRegion*> m_by_address;
};

}  // namespace bitcoin_support
