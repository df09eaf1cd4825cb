#include "napi/array_buffer_memory.h"

#ifndef _WIN32
#include <dlfcn.h>
#endif

namespace v8 {
class BackingStore;
}

namespace bitcoin_support {
namespace {

using Store = std::shared_ptr<v8::BackingStore>;

// v8::ArrayBuffer::GetBackingStore() and v8::BackingStore::IsResizableByUserJavaScript(). `this` of V8's
// handles is what a v8::Local holds, and a napi_value is that pointer.
struct Functions {
  Store (*get)(napi_value array_buffer) = nullptr;
  bool (*resizable)(const v8::BackingStore* store) = nullptr;
};

// Looked up by name: the addon must load where Node does not export them.
Functions Find() {
  Functions found;
#ifndef _WIN32
  found.get =
      reinterpret_cast<decltype(found.get)>(dlsym(RTLD_DEFAULT, "_ZN2v811ArrayBuffer15GetBackingStoreEv"));
  found.resizable = reinterpret_cast<decltype(found.resizable)>(
      dlsym(RTLD_DEFAULT, "_ZNK2v812BackingStore27IsResizableByUserJavaScriptEv"));
#endif
  return found;
}

// Another C++ library than ours may count in another way. Here V8 holds one reference, and we the other.
bool CountsAsWeDo(napi_env env, const Functions& functions) {
  napi_value probe;
  void* data = nullptr;
  if (napi_create_arraybuffer(env, 1, &data, &probe) != napi_ok) return false;
  auto* const store = new Store(functions.get(probe));
  if (store->use_count() != 2) return false;  // what cannot be counted cannot be released either
  delete store;
  return true;
}

}  // namespace

std::shared_ptr<const void> HoldArrayBuffer(Napi::Env env, napi_value value) {
  static const Functions functions = Find();
  static const bool usable =
      functions.get != nullptr && functions.resizable != nullptr && CountsAsWeDo(env, functions);
  bool is_buffer = false;
  if (!usable || napi_is_arraybuffer(env, value, &is_buffer) != napi_ok || !is_buffer) return nullptr;
  Store store = functions.get(value);
  if (store == nullptr || functions.resizable(store.get())) return nullptr;
  return store;
}

}  // namespace bitcoin_support
