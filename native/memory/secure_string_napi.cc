#include "memory/secure_string_napi.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "memory/secure_buffer_napi.h"
#include "napi/byte_span.h"
#include "napi/environment.h"
#include "napi/exports.h"
#include "secure/buffer_use.h"
#include "secure/secure_buffer.h"

namespace bitcoin_support {
namespace {

using Bytes = SecureBuffer::Bytes;

Napi::Value Number(const Napi::CallbackInfo& info, BufferNumber number) {
  return Napi::Number::New(info.Env(), static_cast<double>(number));
}

// A new buffer with the pieces in it, which this environment owns; 0 when there is none to be had.
BufferNumber NewWith(Environment& env, size_t capacity, std::span<const Bytes> pieces) {
  SecureBufferTable& table = SecureBufferTable::Instance();
  const BufferNumber number = table.New(std::max<size_t>(capacity, 1));
  env.NoteLockedPool();
  if (number == 0) return 0;
  if (!SecureBuffer(number).Write(pieces)) {
    table.Destroy(number);
    return 0;
  }
  env.owned_buffers().Add(number);
  return number;
}

// Adds to a buffer. @returns its number, or that of a larger one that holds all; 0 on failure. The caller
// destroys the one that was too small.
BufferNumber AppendTo(Environment& env, BufferNumber number, Bytes bytes) {
  if (SecureBuffer(number).Append(bytes)) return number;
  const SharedAccess access(SecureBufferTable::Instance(), number);
  if (!access) return 0;
  const size_t length = access.length() + bytes.size();
  if (length <= access.capacity() || length > SecureBufferTable::kMaxCapacity) return 0;
  const std::array<Bytes, 2> pieces{Bytes(access.data(), access.length()), bytes};
  return NewWith(env, std::min(std::max(length, access.capacity() * 2), SecureBufferTable::kMaxCapacity),
                 pieces);
}

// (number, bytes) -> number or 0
Napi::Value Append(const Napi::CallbackInfo& info) {
  const auto span = ByteSpan::OfUnsharedBytes(info.Env(), info[1]);
  if (!span) return Number(info, 0);
  return Number(info,
                AppendTo(Environment::From(info), BufferNumberArg(info, 0), Bytes(span->data, span->size)));
}

// (number, string) -> number or 0. The characters go from V8's heap into locked memory and nowhere else.
Napi::Value AppendString(const Napi::CallbackInfo& info) {
  size_t length = 0;
  if (napi_get_value_string_utf8(info.Env(), info[1], nullptr, 0, &length) != napi_ok ||
      length >= SecureBufferTable::kMaxCapacity) {
    return Number(info, 0);
  }
  SecureBufferTable& table = SecureBufferTable::Instance();
  const BufferNumber staging = table.New(length + 1);  // with the terminator
  if (staging == 0) return Number(info, 0);
  BufferNumber result = 0;
  {
    const ExclusiveAccess access(table, staging);
    if (access) {
      napi_get_value_string_utf8(info.Env(), info[1], reinterpret_cast<char*>(access.data()), length + 1,
                                 nullptr);
      result = AppendTo(Environment::From(info), BufferNumberArg(info, 0), Bytes(access.data(), length));
    }
  }
  table.Destroy(staging);
  return Number(info, result);
}

// (number) -> 0 or -1: takes away the last character, which is up to four bytes of UTF-8
Napi::Value PopCharacter(const Napi::CallbackInfo& info) {
  ExclusiveAccess access(SecureBufferTable::Instance(), BufferNumberArg(info, 0));
  bool popped = false;
  if (access && access.length() > 0) {
    size_t length = access.length();
    unsigned char byte = 0;
    do {
      byte = access.data()[--length];
      access.data()[length] = 0;
    } while (length > 0 && (byte & 0xc0) == 0x80);
    access.set_length(length);
    popped = true;
  }
  return Napi::Number::New(info.Env(), popped ? 0 : -1);
}

// (number, start, end) -> number or 0
Napi::Value Slice(const Napi::CallbackInfo& info) {
  const SharedAccess access(SecureBufferTable::Instance(), BufferNumberArg(info, 0));
  double start = -1;
  double end = -1;
  if (!access || napi_get_value_double(info.Env(), info[1], &start) != napi_ok ||
      napi_get_value_double(info.Env(), info[2], &end) != napi_ok) {
    return Number(info, 0);
  }
  const bool whole = std::floor(start) == start && std::floor(end) == end;
  if (!whole || !(start >= 0 && start <= end && end <= static_cast<double>(access.length()))) {
    return Number(info, 0);
  }
  const std::array<Bytes, 1> pieces{
      Bytes(access.data() + static_cast<size_t>(start), static_cast<size_t>(end - start))};
  return Number(info, NewWith(Environment::From(info), pieces[0].size(), pieces));
}

}  // namespace

void ExportSecureStringFunctions(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<Append>(env, exports, "secureBufferAppend", state);
  ExportFunction<AppendString>(env, exports, "secureBufferAppendString", state);
  ExportFunction<PopCharacter>(env, exports, "secureBufferPopCharacter", state);
  ExportFunction<Slice>(env, exports, "secureBufferSlice", state);
}

}  // namespace bitcoin_support
