#include "memory/secure_region.h"

#include <new>

#include "secure/locked_pool_manager.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

// False while the environment is being torn down, from its first clean-up hook on.
bool MayCallJs(napi_env env) {
  const Napi::HandleScope scope(env);
  napi_value value = nullptr;
  napi_value text = nullptr;
  // Any function that might run JavaScript says so.
  return napi_get_undefined(env, &value) == napi_ok && napi_coerce_to_string(env, value, &text) == napi_ok;
}

}  // namespace

void FreeLockedRegion(void* memory, size_t size) {
  MemoryCleanse(memory, size);
  LockedPoolManager::Instance().pool().FreeRegion(memory);
}

SecureRegion* SecureRegion::Show(Napi::Env env, Owner* owner, void* memory, size_t size, size_t length,
                                 napi_value* buffer) {
  auto* const region = new SecureRegion(owner, memory, size, length);
  if (napi_create_external_arraybuffer(env, memory, length, OnFinalized, region, buffer) != napi_ok) {
    delete region;
    return nullptr;
  }
  // From here on the finalizer deletes it. Without the reference it cannot be taken back, but is collected.
  napi_create_reference(env, *buffer, 0, &region->m_buffer);
  return region;
}

bool SecureRegion::IsShownBy(napi_env env, napi_value buffer) const {
  napi_value own = nullptr;
  bool same = false;
  return m_buffer != nullptr && napi_get_reference_value(env, m_buffer, &own) == napi_ok && own != nullptr &&
         napi_strict_equals(env, own, buffer, &same) == napi_ok && same;
}

bool SecureRegion::TakeBack(napi_env env, napi_value buffer) {
  // Wherever it is shown now, and before anything can fail.
  MemoryCleanse(m_memory, m_length);
  void* data = nullptr;
  size_t length = 0;
  if (napi_get_arraybuffer_info(env, buffer, &data, &length) != napi_ok || data != m_memory ||
      napi_detach_arraybuffer(env, buffer) != napi_ok) {
    return false;
  }
  m_memory = nullptr;
  return true;
}

void SecureRegion::OnFinalized(napi_env env, void*, void* self) {
  auto* const region = static_cast<SecureRegion*>(self);
  if (region->m_buffer != nullptr) napi_delete_reference(env, region->m_buffer);
  if (region->m_owner != nullptr) region->m_owner->OnFinalized(*region);
  if (region->m_memory != nullptr) {
    if (MayCallJs(env)) {
      FreeLockedRegion(region->m_memory, region->m_size);
    } else {
      // Not because nobody can see it any more, but because the thread ends.
      MemoryCleanse(region->m_memory, region->m_length);
      LockedPoolManager::Instance().pool().AbandonRegion(region->m_memory);
    }
  }
  delete region;
}

}  // namespace bitcoin_support
