#include "memory/memory_napi.h"

#include <cstdint>
#include <cstdlib>

#include "memory/secure_arguments.h"
#include "napi/byte_span.h"
#include "napi/environment.h"
#include "napi/exports.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

// (buffer or view)
Napi::Value CleanseNapi(const Napi::CallbackInfo& info) {
  const ByteSpan span = ByteSpan::Of(info.Env(), info[0]);
  MemoryCleanse(span.data, span.size);
  return info.Env().Undefined();
}

void WipeAndFree(napi_env, void* memory, void* size) {
  MemoryCleanse(memory, reinterpret_cast<uintptr_t>(size));
  std::free(memory);
}

// (size > 0) -> ArrayBuffer of zeros outside V8's own heap, or undefined. Its memory is wiped before it is
// freed, when the last ArrayBuffer that it was transferred to is collected.
Napi::Value WipedNewNapi(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const size_t size = SizeArg(info, 0).value_or(0);
  if (size == 0) return env.Undefined();
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

}  // namespace

void ExportMemoryFunctions(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<CleanseNapi>(env, exports, "memoryCleanse", state);
  ExportFunction<WipedNewNapi>(env, exports, "secureWipedNew", state);
}

}  // namespace bitcoin_support
