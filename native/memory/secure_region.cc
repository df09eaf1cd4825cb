#include "memory/secure_region.h"

#include <new>

#include "memory/detach_key.h"
#include "secure/locked_pool_manager.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

LockedPool& Pool() { return LockedPoolManager::Instance().pool(); }

// @returns false once the environment is being torn down, from its first clean-up hook on
bool MayCallJs(napi_env env) {
  const Napi::HandleScope scope(env);
  napi_value value = nullptr;
  napi_value text = nullptr;
  // Node-API refuses every call that might run JavaScript.
  return napi_get_undefined(env, &value) == napi_ok && napi_coerce_to_string(env, value, &text) == napi_ok;
}

}  // namespace

void FreeLockedRegion(void* memory, size_t size) {
  MemoryCleanse(memory, size);
  Pool().FreeRegion(memory);
}

SecureRegion* SecureRegion::MakeArrayBuffer(Napi::Env env, Owner* owner, void* memory, size_t size,
                                            size_t length, napi_value* buffer) {
  auto* const region = new (std::nothrow) SecureRegion(owner, memory, size, length);
  if (region == nullptr) return nullptr;
  if (napi_create_external_arraybuffer(env, memory, length, OnFinalized, region, buffer) != napi_ok) {
    delete region;
    return nullptr;
  }
  return region;
}

bool SecureRegion::TakeBack(napi_env env, napi_value buffer) {
  // First of all, since the rest may fail.
  MemoryCleanse(m_memory, m_length);
  void* data = nullptr;
  size_t length = 0;
  if (napi_get_arraybuffer_info(env, buffer, &data, &length) != napi_ok || data != m_memory) return false;
  // A program may have marked it as untransferable.
  ReleaseArrayBuffer(env, buffer);
  if (napi_detach_arraybuffer(env, buffer) != napi_ok) return false;
  m_state = State::kTaken;
  return true;
}

void SecureRegion::Retire() {
  MemoryCleanse(m_memory, m_length);
  Pool().AbandonRegion(m_memory);
  m_state = State::kRetired;
}

void SecureRegion::OnFinalized(napi_env env, void*, void* self) {
  auto* const region = static_cast<SecureRegion*>(self);
  if (region->m_owner != nullptr) region->m_owner->OnFinalized(*region);
  region->GiveBack(env);
  delete region;
}

// When JavaScript can no longer be called, the memory was not collected: the thread ends, and another thread
// may have the memory.
void SecureRegion::GiveBack(napi_env env) const {
  switch (m_state) {
    case State::kTaken:
      return;
    case State::kIdle:
      return FreeLockedRegion(m_memory, m_size);
    case State::kRetired:
      if (MayCallJs(env)) Pool().FreeAbandoned(m_memory, m_size);
      return;
    case State::kVisible:
      if (MayCallJs(env)) return FreeLockedRegion(m_memory, m_size);
      MemoryCleanse(m_memory, m_length);
      Pool().AbandonRegion(m_memory);
  }
}

}  // namespace bitcoin_support
