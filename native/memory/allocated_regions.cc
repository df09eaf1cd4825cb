#include "memory/allocated_regions.h"

#include <new>

#include "memory/locked_pool_report.h"
#include "memory/pending_requests.h"
#include "memory/secure_arguments.h"
#include "napi/environment.h"
#include "napi/exports.h"
#include "secure/locked_pool_manager.h"

namespace bitcoin_support {

// Never destroyed: a thread may collect its last ArrayBuffer while the process runs its exit handlers.
AllocatedRegions& AllocatedRegions::Instance() {
  static AllocatedRegions* const regions = new AllocatedRegions;
  return *regions;
}

// @returns false when there is no memory
bool AllocatedRegions::Add(SecureRegion& region) {
  const std::lock_guard lock(m_mutex);
  try {
    m_by_address[region.memory()] = &region;
  } catch (const std::bad_alloc&) {
    return false;
  }
  return true;
}

// Wipes a region and takes it from the ArrayBuffer that has its memory now, in whichever thread.
AllocatedRegions::Freed AllocatedRegions::Free(napi_env env, napi_value buffer, const void* address) {
  const std::lock_guard lock(m_mutex);
  const auto entry = m_by_address.find(address);
  if (entry == m_by_address.end()) return Freed::kUnknown;
  SecureRegion& region = *entry->second;
  if (PendingRequests(env) > 0) {
    m_by_address.erase(entry);
    region.Retire();
    return Freed::kRetired;
  }
  if (!region.TakeBack(env, buffer)) return Freed::kUnknown;
  m_by_address.erase(entry);
  FreeLockedRegion(region.memory(), region.size());
  return Freed::kFreed;
}

// After TakeBack() or Retire() another region may have the address.
void AllocatedRegions::OnFinalized(SecureRegion& region) {
  const std::lock_guard lock(m_mutex);
  const auto entry = m_by_address.find(region.memory());
  if (entry != m_by_address.end() && entry->second == &region) m_by_address.erase(entry);
}

// (size > 0) -> ArrayBuffer over locked pages of its own, or undefined. FreeNapi() wipes it and gives it
// back, or the garbage collector does.
Napi::Value AllocatedRegions::NewNapi(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const size_t size = SizeArg(info, 0).value_or(0);
  if (size == 0) return env.Undefined();
  void* const memory = LockedPoolManager::Instance().pool().AllocRegion(size);
  ReportLockedPool(Environment::From(info));
  if (memory == nullptr) return env.Undefined();
  napi_value buffer = nullptr;
  SecureRegion* const region = SecureRegion::MakeArrayBuffer(env, &Instance(), memory, size, size, &buffer);
  if (region == nullptr) {
    FreeLockedRegion(memory, size);
    return env.Undefined();
  }
  // Without memory to remember it, the garbage collector gives it back.
  if (!Instance().Add(*region)) return env.Undefined();
  return Napi::Value(env, buffer);
}

// (ArrayBuffer of NewNapi) -> Freed
Napi::Value AllocatedRegions::FreeNapi(const Napi::CallbackInfo& info) {
  Freed freed = Freed::kUnknown;
  bool is_buffer = false;
  void* data = nullptr;
  size_t size = 0;
  if (napi_is_arraybuffer(info.Env(), info[0], &is_buffer) == napi_ok && is_buffer &&
      napi_get_arraybuffer_info(info.Env(), info[0], &data, &size) == napi_ok) {
    freed = Instance().Free(info.Env(), info[0], data);
  }
  return Napi::Number::New(info.Env(), static_cast<int>(freed));
}

void AllocatedRegions::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<NewNapi>(env, exports, "secureRegionNew", state);
  ExportFunction<FreeNapi>(env, exports, "secureRegionFree", state);
}

}  // namespace bitcoin_support
