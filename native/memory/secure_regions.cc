#include "memory/secure_regions.h"

#include <mutex>
#include <new>
#include <unordered_map>

#include "memory/pending_requests.h"
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

  bool Add(SecureRegion& region) {
    const std::lock_guard lock(m_mutex);
    try {
      m_by_address[region.memory()] = &region;
    } catch (const std::bad_alloc&) {
      return false;
    }
    return true;
  }

  // Wipes a region and takes it from the ArrayBuffer that it is in now, in whichever thread.
  RegionEnd Free(napi_env env, napi_value buffer, const void* address) {
    const std::lock_guard lock(m_mutex);
    const auto entry = m_by_address.find(address);
    if (entry == m_by_address.end()) return RegionEnd::kUnknown;
    SecureRegion& region = *entry->second;
    if (PendingRequests(env) > 0) {
      m_by_address.erase(entry);
      region.Retire();
      return RegionEnd::kRetired;
    }
    if (!region.TakeBack(env, buffer)) return RegionEnd::kUnknown;
    m_by_address.erase(entry);
    FreeLockedRegion(region.memory(), region.size());
    return RegionEnd::kFreed;
  }

  // Another may have its address by now, when it was taken back or retired.
  void OnFinalized(SecureRegion& region) override {
    const std::lock_guard lock(m_mutex);
    const auto entry = m_by_address.find(region.memory());
    if (entry != m_by_address.end() && entry->second == &region) m_by_address.erase(entry);
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
  if (!regions.Add(*region)) return env.Undefined();  // it comes back when it is collected
  return Napi::Value(env, buffer);
}

RegionEnd FreeSecureRegion(Napi::Env env, napi_value buffer) {
  bool is_buffer = false;
  void* data = nullptr;
  size_t size = 0;
  if (napi_is_arraybuffer(env, buffer, &is_buffer) != napi_ok || !is_buffer ||
      napi_get_arraybuffer_info(env, buffer, &data, &size) != napi_ok) {
    return RegionEnd::kUnknown;
  }
  return AllocatedRegions::Instance().Free(env, buffer, data);
}

}  // namespace bitcoin_support
