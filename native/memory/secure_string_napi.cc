#include "memory/secure_string_napi.h"
#include "memory/locked_pool_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "memory/owned_buffers.h"
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
  ReportLockedPool(env);
  if (number == 0) return 0;
  if (!SecureBuffer(number).Write(pieces)) {
    table.Destroy(number);
    return 0;
  }
  env.State<OwnedBuffers>().Add(number);
  return number;
}

// -1 on failure, 1 when the characters have moved to a larger place, else 0.
Napi::Value Growth(const Napi::CallbackInfo& info, SecureBuffer::Growth growth) {
  const int value = growth == SecureBuffer::Growth::kFailed ? -1 : growth == SecureBuffer::Growth::kMoved;
  ReportLockedPool(Environment::From(info));
  return Napi::Number::New(info.Env(), value);
}

// (number, bytes) -> growth
Napi::Value AppendNapi(const Napi::CallbackInfo& info) {
  const auto span = ByteSpan::OfUnsharedBytes(info.Env(), info[1]);
  if (!span) return Growth(info, SecureBuffer::Growth::kFailed);
  return Growth(info, SecureBuffer(BufferNumberArg(info, 0)).Append(Bytes(span->data, span->size)));
}

// A non-negative integer, or nothing.
std::optional<size_t> OffsetArg(const Napi::CallbackInfo& info, size_t index) {
  double value = -1;
  if (napi_get_value_double(info.Env(), info[index], &value) != napi_ok) return std::nullopt;
  if (!(value >= 0 && value <= static_cast<double>(SecureBufferTable::kMaxCapacity))) return std::nullopt;
  if (std::floor(value) != value) return std::nullopt;
  return static_cast<size_t>(value);
}

// (number, at, bytes) -> growth
Napi::Value InsertNapi(const Napi::CallbackInfo& info) {
  const auto at = OffsetArg(info, 1);
  const auto span = ByteSpan::OfUnsharedBytes(info.Env(), info[2]);
  if (!at || !span) return Growth(info, SecureBuffer::Growth::kFailed);
  return Growth(info, SecureBuffer(BufferNumberArg(info, 0)).Insert(*at, Bytes(span->data, span->size)));
}

// The characters go from V8's heap into locked memory and nowhere else.
SecureBuffer::Growth GrowByString(const Napi::CallbackInfo& info, napi_value text, std::optional<size_t> at) {
  size_t length = 0;
  if (napi_get_value_string_utf8(info.Env(), text, nullptr, 0, &length) != napi_ok ||
      length >= SecureBufferTable::kMaxCapacity) {
    return SecureBuffer::Growth::kFailed;
  }
  SecureBufferTable& table = SecureBufferTable::Instance();
  const BufferNumber staging = table.New(length + 1);  // with the terminator
  if (staging == 0) return SecureBuffer::Growth::kFailed;
  auto result = SecureBuffer::Growth::kFailed;
  {
    const ExclusiveAccess access(table, staging);
    if (access) {
      napi_get_value_string_utf8(info.Env(), text, reinterpret_cast<char*>(access.data()), length + 1,
                                 nullptr);
      SecureBuffer buffer(BufferNumberArg(info, 0));
      const Bytes bytes(access.data(), length);
      result = at ? buffer.Insert(*at, bytes) : buffer.Append(bytes);
    }
  }
  table.Destroy(staging);
  return result;
}

// (number, string) -> growth
Napi::Value AppendStringNapi(const Napi::CallbackInfo& info) {
  return Growth(info, GrowByString(info, info[1], std::nullopt));
}

// (number, at, string) -> growth
Napi::Value InsertStringNapi(const Napi::CallbackInfo& info) {
  const auto at = OffsetArg(info, 1);
  return Growth(info, at ? GrowByString(info, info[2], at) : SecureBuffer::Growth::kFailed);
}

// (number, length) -> 0 or -1
Napi::Value TruncateNapi(const Napi::CallbackInfo& info) {
  const auto length = OffsetArg(info, 1);
  const bool done = length && SecureBuffer(BufferNumberArg(info, 0)).Truncate(*length);
  return Napi::Number::New(info.Env(), done ? 0 : -1);
}

// (number) -> 0 or -1: takes away the last character
Napi::Value PopCharacterNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), SecureBuffer(BufferNumberArg(info, 0)).Pop() ? 0 : -1);
}

// (number, start, end or undefined for the content's) -> number or 0
Napi::Value SliceNapi(const Napi::CallbackInfo& info) {
  const SharedAccess access(SecureBufferTable::Instance(), BufferNumberArg(info, 0));
  if (!access) return Number(info, 0);
  const auto start = OffsetArg(info, 1);
  const auto end = info[2].IsUndefined() ? std::optional(access.length()) : OffsetArg(info, 2);
  if (!start || !end || *start > *end || *end > access.length()) return Number(info, 0);
  const std::array<Bytes, 1> pieces{Bytes(access.data() + *start, *end - *start)};
  return Number(info, NewWith(Environment::From(info), pieces[0].size(), pieces));
}

}  // namespace

void ExportSecureStringFunctions(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<AppendNapi>(env, exports, "secureBufferAppend", state);
  ExportFunction<AppendStringNapi>(env, exports, "secureBufferAppendString", state);
  ExportFunction<InsertNapi>(env, exports, "secureBufferInsert", state);
  ExportFunction<InsertStringNapi>(env, exports, "secureBufferInsertString", state);
  ExportFunction<TruncateNapi>(env, exports, "secureBufferTruncate", state);
  ExportFunction<PopCharacterNapi>(env, exports, "secureBufferPopCharacter", state);
  ExportFunction<SliceNapi>(env, exports, "secureBufferSlice", state);
}

}  // namespace bitcoin_support
