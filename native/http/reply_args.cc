#include "http/reply_args.h"

#include <new>

#include "buffers/shared_bytes.h"
#include "napi/arguments.h"
#include "napi/byte_source.h"
#include "napi/environment.h"

namespace bitcoin_support {

HeaderArgs::HeaderArgs(const Napi::CallbackInfo& info, size_t index) : m_info(info), m_first(index) {
  if (info.Length() == index + 1 && !info[index].IsUndefined()) m_list.emplace(info, index);
}

void HeaderArgs::AddTo(HeaderList& headers) const {
  const auto add = [&](const HttpHeaderName& name, const HttpText& value) {
    return headers.Add(name.c_str(), value.c_str());
  };
  if (!ForEach(add)) throw std::bad_alloc();
}

StatusArgs::StatusArgs(const Napi::CallbackInfo& info, size_t index) : m_status(IntArg(info, index)) {
  if (!info[index + 1].IsUndefined()) m_reason.emplace(info.Env(), info[index + 1], "reason");
}

UniqueBuffer BodyArg(const Napi::CallbackInfo& info, size_t index) {
  UniqueBuffer buffer = NewBuffer();
  const ByteSource bytes(info.Env(), info[index]);
  Environment::From(info).State<SharedBytes>().Append(bytes, buffer.get());
  return buffer;
}

}  // namespace bitcoin_support
