#include "memory/wiped_memory.h"

#include <cstdint>
#include <cstdlib>

#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

void WipeAndFree(napi_env, void* memory, void* size) {
  MemoryCleanse(memory, reinterpret_cast<uintptr_t>(size));
  std::free(memory);
}

}  // namespace

Napi::Value NewWipedMemory(Napi::Env env, size_t size) {
  void* const memory = std::calloc(size, 1);
  if (memory == nullptr) return env.Undefined();
  napi_value buffer = nullptr;
  if (napi_create_external_arraybuffer(env, memory, size, WipeAndFree,
                                       reinterpret_cast<void*>(uintptr_t{size}), &buffer) != napi_ok) {
    std::free(memory);
    return env.Undefined();
  }
  return Napi::Value(env, buffer);
}

}  // namespace bitcoin_support
