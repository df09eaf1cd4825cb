#include "memory/memory_napi.h"

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

}  // namespace

void ExportMemoryFunctions(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<CleanseNapi>(env, exports, "memoryCleanse", state);
}

}  // namespace bitcoin_support
