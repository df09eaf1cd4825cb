// None of these throws: a failure is a value, of which TypeScript makes the one error that all failures
// share.
#include "memory/secure_buffer_napi.h"
#include "memory/locked_pool_report.h"

#include <cmath>

#include "loop/share_tokens.h"
#include "memory/lent_memory.h"
#include "memory/owned_buffers.h"
#include "napi/byte_span.h"
#include "napi/environment.h"
#include "napi/exports.h"
#include "secure/locked_pool_manager.h"
#include "secure/secure_buffer.h"

namespace bitcoin_support {
namespace {

constexpr double kMaxNumber = 9007199254740991.0;  // 2^53 - 1

Napi::Value Number(const Napi::CallbackInfo& info, double value) {
  return Napi::Number::New(info.Env(), value);
}

Napi::Value Status(const Napi::CallbackInfo& info, bool ok) { return Number(info, ok ? 0 : -1); }

Napi::Value Tristate(const Napi::CallbackInfo& info, std::optional<bool> result) {
  return Number(info, !result ? -1 : *result ? 1 : 0);
}

// A non-negative integer up to `max`, or nothing.
std::optional<size_t> SizeArg(const Napi::CallbackInfo& info, size_t index, size_t max) {
  double value = -1;
  if (napi_get_value_double(info.Env(), info[index], &value) != napi_ok) return std::nullopt;
  if (!(value >= 0 && value <= static_cast<double>(max)) || std::floor(value) != value) return std::nullopt;
  return static_cast<size_t>(value);
}

// What a Uint8Array shows, unless it is detached or shared with other threads.
std::optional<std::span<unsigned char>> BytesArg(const Napi::CallbackInfo& info, size_t index) {
  const auto span = ByteSpan::OfUnsharedBytes(info.Env(), info[index]);
  if (!span) return std::nullopt;
  return std::span<unsigned char>(span->data, span->size);
}

SecureBuffer Buffer(const Napi::CallbackInfo& info) { return SecureBuffer(BufferNumberArg(info, 0)); }

// Makes a buffer that this environment owns. @returns 0 when there is none to be had.
BufferNumber NewOwned(Environment& env, size_t capacity) {
  env.State<OwnedBuffers>().ReleaseCollected(capacity);
  const BufferNumber number = SecureBufferTable::Instance().New(capacity);
  if (number != 0) env.State<OwnedBuffers>().Add(number);
  ReportLockedPool(env);
  return number;
}

// (capacity) -> number or 0
Napi::Value NewNapi(const Napi::CallbackInfo& info) {
  const auto capacity = SizeArg(info, 0, SecureBufferTable::kMaxCapacity);
  return Number(info, capacity ? static_cast<double>(NewOwned(Environment::From(info), *capacity)) : 0);
}

// (number, bytes) -> status
Napi::Value WriteNapi(const Napi::CallbackInfo& info) {
  const auto bytes = BytesArg(info, 1);
  return Status(info, bytes && Buffer(info).Write(SecureBuffer::Bytes(*bytes)));
}

// (number, into) -> bytes or -1
Napi::Value ReadNapi(const Napi::CallbackInfo& info) {
  const auto into = BytesArg(info, 1);
  if (!into) return Number(info, -1);
  const auto count = Buffer(info).Read(*into);
  return Number(info, count ? static_cast<double>(*count) : -1);
}

// (number, into) -> the content's length; when it is more than `into` has, nothing has been copied. -1 on
// failure.
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
  return Tristate(info, bytes ? Buffer(info).Equals(SecureBuffer::Bytes(*bytes)) : std::nullopt);
}

Napi::Value IsZeroNapi(const Napi::CallbackInfo& info) { return Tristate(info, Buffer(info).IsZero()); }

// (number) -> token as a bigint, 0n on failure
Napi::Value ShareNapi(const Napi::CallbackInfo& info) {
  return Napi::BigInt::New(
      info.Env(), ShareBuffer(BufferNumberArg(info, 0), &Environment::From(info).State<OwnedBuffers>()));
}

// 0, which no token is, for what is none.
uint64_t TokenArg(const Napi::CallbackInfo& info) {
  uint64_t token = 0;
  bool lossless = false;
  const bool number = napi_get_value_bigint_uint64(info.Env(), info[0], &token, &lossless) == napi_ok;
  return number && lossless ? token : 0;
}

// (token) -> whether it could have been opened
Napi::Value RevokeNapi(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), RevokeShare(TokenArg(info)));
}

// (token) -> number or 0
Napi::Value OpenNapi(const Napi::CallbackInfo& info) {
  const BufferNumber number = OpenShare(TokenArg(info));
  if (number != 0) Environment::From(info).State<OwnedBuffers>().Add(number);
  return Number(info, static_cast<double>(number));
}

// (number): wipes it for all who share it
Napi::Value DestroyNapi(const Napi::CallbackInfo& info) {
  const BufferNumber number = BufferNumberArg(info, 0);
  Environment::From(info).State<OwnedBuffers>().RemoveAll(number);
  SecureBufferTable::Instance().Destroy(number);
  return info.Env().Undefined();
}

// (number): gives up one share that this environment has
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

}  // namespace

BufferNumber BufferNumberArg(const Napi::CallbackInfo& info, size_t index) {
  double value = 0;
  if (napi_get_value_double(info.Env(), info[index], &value) != napi_ok) return 0;
  if (!(value >= 1 && value <= kMaxNumber) || std::floor(value) != value) return 0;
  return static_cast<BufferNumber>(value);
}

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
}

}  // namespace bitcoin_support
