#include "c_calls.h"

#include <dlfcn.h>

#include <array>
#include <cstdint>

#include "napi/arguments.h"

namespace bitcoin_support::test {
namespace {

using Word = uintptr_t;

// (path of a library, name) -> address
Napi::Value SymbolAddressNapi(const Napi::CallbackInfo& info) {
  void* const library = dlopen(StringArg(info, 0).c_str(), RTLD_NOW | RTLD_LOCAL);
  void* const symbol = library == nullptr ? nullptr : dlsym(library, StringArg(info, 1).c_str());
  if (symbol == nullptr) throw Napi::Error::New(info.Env(), dlerror());
  return Napi::BigInt::New(info.Env(), static_cast<uint64_t>(reinterpret_cast<Word>(symbol)));
}

// (address, up to three words) -> the word that the function returns
Napi::Value CallAddressNapi(const Napi::CallbackInfo& info) {
  auto* const function = FunctionArg<Word (*)(Word, Word, Word)>(info, 0);
  std::array<Word, 3> words{};
  for (size_t i = 0; i + 1 < info.Length() && i < words.size(); ++i) {
    words[i] = reinterpret_cast<Word>(AddressArg(info, i + 1));
  }
  return Napi::BigInt::New(info.Env(), static_cast<uint64_t>(function(words[0], words[1], words[2])));
}

}  // namespace

void ExportCCalls(Napi::Env env, Napi::Object exports) {
  exports.Set("symbolAddress", Napi::Function::New<SymbolAddressNapi>(env, "symbolAddress"));
  exports.Set("callAddress", Napi::Function::New<CallAddressNapi>(env, "callAddress"));
}

}  // namespace bitcoin_support::test
