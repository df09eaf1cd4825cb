// None of these functions throws: a failure is a value, and TypeScript throws the same error for all
// failures.
#include "memory/secure_buffer_napi.h"
#include "memory/locked_pool_report.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "memory/lent_memory.h"
#include "memory/owned_buffers.h"
#include "memory/secure_arguments.h"
#include "memory/share_tokens.h"
#include "napi/byte_span.h"
#include "napi/environment.h"
#include "napi/exports.h"
#include "secure/buffer_use.h"
#include "secure/secure_buffer.h"

namespace bitcoin_support {
namespace {

using Bytes = SecureBuffer::Bytes;

Napi::Value Number(const Napi::CallbackInfo& info, double value) {
  return Napi::Number::New(info.Env(), value);
}

Napi::Value Status(const Napi::CallbackInfo& info, bool ok) { return Number(info, ok ? 0 : -1); }

Napi::Value Tristate(const Napi::CallbackInfo& info, std::optional<bool> result) {
  return Number(info, !result ? -1 : *result ? 1 : 0);
}

// The bytes of a Uint8Array, unless it is detached or shared with other threads.
std::optional<std::span<unsigned char>> BytesArg(const Napi::CallbackInfo& info, size_t index) {
  const auto span = ByteSpan::OfUnsharedBytes(info.Env(), info[index]);
  if (!span) return std::nullopt;
  return std::span<unsigned char>(span->data, span->size);
}

SecureBuffer Buffer(const Napi::CallbackInfo& info) { return SecureBuffer(BufferNumberArg(info, 0)); }

// Makes a buffer that this environment owns. @returns 0 when that fails
BufferNumber NewOwned(Environment& env, size_t capacity) {
  env.State<OwnedBuffers>().ReleaseCollected(capacity);
  const BufferNumber number = SecureBufferTable::Instance().New(capacity);
  if (number != 0) env.State<OwnedBuffers>().Add(number);
  ReportLockedPool(env);
  return number;
}

// (capacity) -> number or 0
Napi::Value NewNapi(const Napi::CallbackInfo& info) {
  const auto capacity = SizeArg(info, 0);
  return Number(info, capacity ? static_cast<double>(NewOwned(Environment::From(info), *capacity)) : 0);
}

// (number, bytes) -> status
Napi::Value WriteNapi(const Napi::CallbackInfo& info) {
  const auto bytes = BytesArg(info, 1);
  return Status(info, bytes && Buffer(info).Write(Bytes(*bytes)));
}

// (number, into) -> bytes or -1
Napi::Value ReadNapi(const Napi::CallbackInfo& info) {
  const auto into = BytesArg(info, 1);
  if (!into) return Number(info, -1);
  const auto count = Buffer(info).Read(*into);
  return Number(info, count ? static_cast<double>(*count) : -1);
}

// (number, into) -> the content's length, or -1. When it is more than `into` has room for, nothing was
// copied.
Napi::Value ReadWholeNapi(const Napi::CallbackInfo& info) {
  const auto into = BytesArg(info, 1);
  if (!into) return Number(info, -1);
  const auto length = Buffer(info).ReadWhole(*into);
  return Number(info, length ? static_cast<double>(*length) : -1);
}

Napi::Value LenNapi(const Napi::CallbackInfo& info) {
  return Number(info, static_cast<double>(Buffer(info).Length().value_or(0)));
}

Napi::Value CapacityNapi(const Napi::CallbackInfo& info) {
  return Number(info, static_cast<double>(Buffer(info).Capacity().value_or(0)));
}

Napi::Value IsValidNapi(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), Buffer(info).IsValid());
}

Napi::Value IsLockedNapi(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(),
                            Buffer(info).IsLocked() && !LentMemory::IsLentUnlocked(BufferNumberArg(info, 0)));
}

Napi::Value LockNapi(const Napi::CallbackInfo& info) { return Status(info, Buffer(info).Lock()); }

Napi::Value UnlockNapi(const Napi::CallbackInfo& info) { return Status(info, Buffer(info).Unlock()); }

Napi::Value IntegrityCheckNapi(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), Buffer(info).IntegrityCheck().value_or(false));
}

Napi::Value ClearNapi(const Napi::CallbackInfo& info) { return Status(info, Buffer(info).Clear()); }

Napi::Value ZeroizeNapi(const Napi::CallbackInfo& info) { return Status(info, Buffer(info).Zeroize()); }

// (number, byte) -> status
Napi::Value FillNapi(const Napi::CallbackInfo& info) {
  const auto byte = SizeArg(info, 1, 0xff);
  return Status(info, byte && Buffer(info).Fill(static_cast<unsigned char>(*byte)));
}

Napi::Value RandomNapi(const Napi::CallbackInfo& info) { return Status(info, Buffer(info).FillRandom()); }

// (number, number) -> 1, 0 or -1
Napi::Value EqualsNapi(const Napi::CallbackInfo& info) {
  return Tristate(info, Buffer(info).Equals(SecureBuffer(BufferNumberArg(info, 1))));
}

// (number, bytes) -> 1, 0 or -1
Napi::Value EqualsBytesNapi(const Napi::CallbackInfo& info) {
  const auto bytes = BytesArg(info, 1);
  return Tristate(info, bytes ? Buffer(info).Equals(Bytes(*bytes)) : std::nullopt);
}

Napi::Value IsZeroNapi(const Napi::CallbackInfo& info) { return Tristate(info, Buffer(info).IsZero()); }

// (number) -> token as a bigint, 0n on failure
Napi::Value ShareNapi(const Napi::CallbackInfo& info) {
  return Napi::BigInt::New(
      info.Env(), ShareBuffer(BufferNumberArg(info, 0), &Environment::From(info).State<OwnedBuffers>()));
}

// 0, which no token is, for anything else.
uint64_t TokenArg(const Napi::CallbackInfo& info) {
  uint64_t token = 0;
  bool lossless = false;
  const bool number = napi_get_value_bigint_uint64(info.Env(), info[0], &token, &lossless) == napi_ok;
  return number && lossless ? token : 0;
}

// (token) -> whether the token was still good
Napi::Value RevokeNapi(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), RevokeShare(TokenArg(info)));
}

// (token) -> number or 0
Napi::Value OpenNapi(const Napi::CallbackInfo& info) {
  const BufferNumber number = OpenShare(TokenArg(info));
  if (number != 0) Environment::From(info).State<OwnedBuffers>().Add(number);
  return Number(info, static_cast<double>(number));
}

// (number): wipes the buffer for everyone who shares it
Napi::Value DestroyNapi(const Napi::CallbackInfo& info) {
  const BufferNumber number = BufferNumberArg(info, 0);
  Environment::From(info).State<OwnedBuffers>().RemoveAll(number);
  SecureBufferTable::Instance().Destroy(number);
  return info.Env().Undefined();
}

// (number): releases one share of this environment
Napi::Value ReleaseNapi(const Napi::CallbackInfo& info) {
  const BufferNumber number = BufferNumberArg(info, 0);
  if (Environment::From(info).State<OwnedBuffers>().Remove(number))
    SecureBufferTable::Instance().Release(number);
  return info.Env().Undefined();
}

// (number, object): releases a share of a large buffer soon after its object has been collected
Napi::Value WatchNapi(const Napi::CallbackInfo& info) {
  if (info[1].IsObject())
    Environment::From(info).State<OwnedBuffers>().Watch(BufferNumberArg(info, 0), info[1]);
  return info.Env().Undefined();
}

// (number) -> whether it was watched until now
Napi::Value UnwatchNapi(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(),
                            Environment::From(info).State<OwnedBuffers>().Unwatch(BufferNumberArg(info, 0)));
}

// --- growing --------------------------------------------------------------------------------------------

// Makes a buffer with these bytes that this environment owns. @returns 0 when that fails
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

// -1 on failure, 1 when the content has moved to a larger place, else 0.
Napi::Value Growth(const Napi::CallbackInfo& info, SecureBuffer::Growth growth) {
  const int value = growth == SecureBuffer::Growth::kFailed ? -1 : growth == SecureBuffer::Growth::kMoved;
  ReportLockedPool(Environment::From(info));
  return Number(info, value);
}

// (number, bytes) -> growth
Napi::Value AppendNapi(const Napi::CallbackInfo& info) {
  const auto bytes = BytesArg(info, 1);
  return Growth(info, bytes ? Buffer(info).Append(*bytes) : SecureBuffer::Growth::kFailed);
}

// (number, at, bytes) -> growth
Napi::Value InsertNapi(const Napi::CallbackInfo& info) {
  const auto at = SizeArg(info, 1);
  const auto bytes = BytesArg(info, 2);
  return Growth(info, at && bytes ? Buffer(info).Insert(*at, *bytes) : SecureBuffer::Growth::kFailed);
}

// Copies the characters from V8's heap into locked memory and nowhere else.
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
      SecureBuffer buffer = Buffer(info);
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
  const auto at = SizeArg(info, 1);
  return Growth(info, at ? GrowByString(info, info[2], at) : SecureBuffer::Growth::kFailed);
}

// (number, length) -> status
Napi::Value TruncateNapi(const Napi::CallbackInfo& info) {
  const auto length = SizeArg(info, 1);
  return Status(info, length && Buffer(info).Truncate(*length));
}

// (number) -> status: removes the last character
Napi::Value PopCharacterNapi(const Napi::CallbackInfo& info) { return Status(info, Buffer(info).Pop()); }

// (number, start, end or undefined for the content's end) -> number or 0
Napi::Value SliceNapi(const Napi::CallbackInfo& info) {
  const SharedAccess access(SecureBufferTable::Instance(), BufferNumberArg(info, 0));
  if (!access) return Number(info, 0);
  const auto start = SizeArg(info, 1);
  const auto end = info[2].IsUndefined() ? std::optional(access.length()) : SizeArg(info, 2);
  if (!start || !end || *start > *end || *end > access.length()) return Number(info, 0);
  const std::array<Bytes, 1> pieces{Bytes(access.data() + *start, *end - *start)};
  return Number(info, static_cast<double>(NewWith(Environment::From(info), pieces[0].size(), pieces)));
}

}  // namespace

void ExportSecureBufferFunctions(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<NewNapi>(env, exports, "secureBufferNew", state);
  ExportFunction<WriteNapi>(env, exports, "secureBufferWrite", state);
  ExportFunction<ReadNapi>(env, exports, "secureBufferRead", state);
  ExportFunction<ReadWholeNapi>(env, exports, "secureBufferReadWhole", state);
  ExportFunction<LenNapi>(env, exports, "secureBufferLen", state);
  ExportFunction<CapacityNapi>(env, exports, "secureBufferCapacity", state);
  ExportFunction<IsValidNapi>(env, exports, "secureBufferIsValid", state);
  ExportFunction<IsLockedNapi>(env, exports, "secureBufferIsLocked", state);
  ExportFunction<LockNapi>(env, exports, "secureBufferLock", state);
  ExportFunction<UnlockNapi>(env, exports, "secureBufferUnlock", state);
  ExportFunction<IntegrityCheckNapi>(env, exports, "secureBufferIntegrityCheck", state);
  ExportFunction<ClearNapi>(env, exports, "secureBufferClear", state);
  ExportFunction<ZeroizeNapi>(env, exports, "secureBufferZeroize", state);
  ExportFunction<FillNapi>(env, exports, "secureBufferFill", state);
  ExportFunction<RandomNapi>(env, exports, "secureBufferRandom", state);
  ExportFunction<EqualsNapi>(env, exports, "secureBufferEquals", state);
  ExportFunction<EqualsBytesNapi>(env, exports, "secureBufferEqualsBytes", state);
  ExportFunction<IsZeroNapi>(env, exports, "secureBufferIsZero", state);
  ExportFunction<ShareNapi>(env, exports, "secureBufferShare", state);
  ExportFunction<OpenNapi>(env, exports, "secureBufferOpen", state);
  ExportFunction<RevokeNapi>(env, exports, "secureBufferRevoke", state);
  ExportFunction<DestroyNapi>(env, exports, "secureBufferDestroy", state);
  ExportFunction<ReleaseNapi>(env, exports, "secureBufferRelease", state);
  ExportFunction<WatchNapi>(env, exports, "secureBufferWatch", state);
  ExportFunction<UnwatchNapi>(env, exports, "secureBufferUnwatch", state);
  ExportFunction<AppendNapi>(env, exports, "secureBufferAppend", state);
  ExportFunction<AppendStringNapi>(env, exports, "secureBufferAppendString", state);
  ExportFunction<InsertNapi>(env, exports, "secureBufferInsert", state);
  ExportFunction<InsertStringNapi>(env, exports, "secureBufferInsertString", state);
  ExportFunction<TruncateNapi>(env, exports, "secureBufferTruncate", state);
  ExportFunction<PopCharacterNapi>(env, exports, "secureBufferPopCharacter", state);
  ExportFunction<SliceNapi>(env, exports, "secureBufferSlice", state);
}

}  // namespace bitcoin_support
