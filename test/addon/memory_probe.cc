#include "memory_probe.h"

#include <cstdio>

#include "memory_scanner.h"
#include "napi/arguments.h"

namespace bitcoin_support::test {
namespace {

// (disguised bytes, key) -> addresses
Napi::Value FindDisguisedNapi(const Napi::CallbackInfo& info) {
  const auto disguised = info[0].As<Napi::Uint8Array>();
  // V8 writes its log of memory chunks through stdio: flush it before the search.
  std::fflush(nullptr);
  const auto found =
      FindInMemory(disguised.Data(), disguised.ByteLength(), static_cast<unsigned char>(IntArg(info, 1)));
  const Napi::Array addresses = Napi::Array::New(info.Env(), found.size());
  for (uint32_t i = 0; i < found.size(); ++i) {
    addresses.Set(i, Napi::Number::New(info.Env(), static_cast<double>(found[i])));
  }
  return addresses;
}

}  // namespace

void ExportMemoryProbe(Napi::Env env, Napi::Object exports) {
  exports.Set("findDisguised", Napi::Function::New<FindDisguisedNapi>(env, "findDisguised"));
}

}  // namespace bitcoin_support::test
