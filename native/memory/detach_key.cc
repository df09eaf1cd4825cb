#include "memory/detach_key.h"

#ifndef _WIN32
#include <dlfcn.h>
#endif

namespace bitcoin_support {
namespace {

// v8::ArrayBuffer::SetDetachKey(v8::Local<v8::Value>), which Node exports from version 20 on. A v8::Local is
// passed as the pointer that it holds, and a napi_value is that pointer.
using SetDetachKey = void (*)(napi_value array_buffer, napi_value key);

SetDetachKey Find() {
#ifdef _WIN32
  return nullptr;
#else
  return reinterpret_cast<SetDetachKey>(
      dlsym(RTLD_DEFAULT, "_ZN2v811ArrayBuffer12SetDetachKeyENS_5LocalINS_5ValueEEE"));
#endif
}

}  // namespace

void ReleaseArrayBuffer(napi_env env, napi_value value) {
  static const SetDetachKey set = Find();
  bool is_buffer = false;
  napi_value no_key = nullptr;
  if (set == nullptr || napi_is_arraybuffer(env, value, &is_buffer) != napi_ok || !is_buffer ||
      napi_get_undefined(env, &no_key) != napi_ok) {
    return;
  }
  set(value, no_key);
}

}  // namespace bitcoin_support
