#include "memory/secure_regions.h"

#include <mutex>
#include <unordered_map>

#include "memory/secure_region.h"
#include "secure/locked_pool_manager.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

// Those that JavaScript has, by address. Threads share it: an ArrayBuffer may be transferred.
class AllocatedRegions final : public SecureRegion::Owner {
 public:
  // Never destroyed: a thread may collect its last ArrayBuffer while the process runs its exit handlers.
  static AllocatedRegions& Instance() {
    static AllocatedRegions* const regions = new AllocatedRegions;
    return *regions;
  }

  void Add(SecureRegion& region) {
    const std::lock_guard lock(m_mutex);
    m_by_address[region.memory()] = &region;
  }

  // Wipes a region and takes it from the ArrayBuffer that it is in now, in whichever thread.
  bool Free(napi_env env, napi_value buffer, const void* address) {
    const std::lock_guard lock(m_mutex);
    const auto entry = m_by_address.find(address);
    if (entry == m_by_address.end()) return false;
    void* const memory = entry->second->memory();
    const size_t size = entry->second->size();
    if (!entry->second->TakeBack(env, buffer)) return false;
    m_by_address.erase(entry);
    FreeLockedRegion(memory, size);
    return true;
  }

  void OnFinalized(SecureRegion& region) override {
    const std::lock_guard lock(m_mutex);
    if (region.memory() != nullptr) m_by_address.erase(region.memory());
  }

 private:
  std::mutex m_mutex;
  std::unordered_map<const void*, SecureRegion*> m_by_address;
};

}  // namespace

Napi::Value NewSecureRegion(Napi::Env env, size_t size) {
  void* const memory = LockedPoolManager::Instance().pool().AllocRegion(size);
  if (memory == nullptr) return env.Undefined();
  AllocatedRegions& regions = AllocatedRegions::Instance();
  napi_value buffer = nullptr;
  SecureRegion* const region = SecureRegion::Show(env, &regions, memory, size, size, &buffer);
  if (region == nullptr) {
    FreeLockedRegion(memory, size);
    return env.Undefined();
  }
  regions.Add(*region);
  return Napi::Value(env, buffer);
}

bool FreeSecureRegion(Napi::Env env, napi_value buffer) {
  bool is_buffer = false;
  void* data = nullptr;
  size_t size = 0;
  return napi_is_arraybuffer(env, buffer, &is_buffer) == napi_ok && is_buffer &&
         napi_get_arraybuffer_info(env, buffer, &data, &size) == napi_ok &&
         AllocatedRegions::Instance().Free(env, buffer, data);
}

}  // namespace bitcoin_support
