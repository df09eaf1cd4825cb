#include "secure_regions.h"

#include <cstring>
#include <mutex>
#include <unordered_map>

#include "secure/locked_pool_manager.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

struct Region {
  void* memory;
  size_t size;
};

// The regions that JavaScript has, by address. Threads share it: an ArrayBuffer may be transferred.
struct Regions {
  std::mutex mutex;
  std::unordered_map<const void*, Region*> by_address;
};

// Never destroyed: a thread may collect its last ArrayBuffer while the process runs its exit handlers.
Regions& GetRegions() {
  static Regions* const regions = new Regions;
  return *regions;
}

// Takes the region's memory away, if that has not been done.
void Release(Region& region) {
  {
    Regions& regions = GetRegions();
    const std::lock_guard lock(regions.mutex);
    if (region.memory == nullptr) return;
    regions.by_address.erase(region.memory);
  }
  MemoryCleanse(region.memory, region.size);
  LockedPoolManager::Instance().pool().FreeRegion(region.memory);
  region.memory = nullptr;
}

void OnCollected(napi_env, void*, void* hint) {
  Region* const region = static_cast<Region*>(hint);
  Release(*region);
  delete region;
}

}  // namespace

Napi::Value NewSecureRegion(Napi::Env env, size_t size, std::span<const unsigned char> content) {
  void* const memory = LockedPoolManager::Instance().pool().AllocRegion(size);
  if (memory == nullptr) return env.Undefined();
  auto* const region = new Region{memory, size};
  {
    Regions& regions = GetRegions();
    const std::lock_guard lock(regions.mutex);
    regions.by_address[memory] = region;
  }
  napi_value buffer;
  if (napi_create_external_arraybuffer(env, memory, size, OnCollected, region, &buffer) != napi_ok) {
    Release(*region);
    delete region;
    return env.Undefined();
  }
  if (!content.empty()) std::memcpy(memory, content.data(), content.size());
  return Napi::Value(env, buffer);
}

bool FreeSecureRegion(Napi::Env env, napi_value buffer) {
  bool is_buffer = false;
  void* data = nullptr;
  size_t size = 0;
  if (napi_is_arraybuffer(env, buffer, &is_buffer) != napi_ok || !is_buffer ||
      napi_get_arraybuffer_info(env, buffer, &data, &size) != napi_ok) {
    return false;
  }
  Region* region = nullptr;
  {
    Regions& regions = GetRegions();
    const std::lock_guard lock(regions.mutex);
    const auto entry = regions.by_address.find(data);
    if (entry == regions.by_address.end()) return false;
    region = entry->second;
  }
  MemoryCleanse(region->memory, region->size);
  if (napi_detach_arraybuffer(env, buffer) != napi_ok) return false;
  // The finalizer, which comes later, finds the memory gone.
  Release(*region);
  return true;
}

}  // namespace bitcoin_support
