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
#define REGION_FREED(result, name) result,
#include "napi/tables.def"
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
