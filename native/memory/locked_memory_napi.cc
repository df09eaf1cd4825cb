#include "memory/locked_memory_napi.h"

#include <array>
#include <cerrno>
#include <cmath>

#include "memory/secure_buffer_napi.h"
#include "memory/secure_regions.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "secure/buffer_use.h"
#include "secure/locked_pool_manager.h"
#include "secure/memory_cleanse.h"
#include "secure/platform.h"
#include "secure/purge.h"

namespace bitcoin_support {
namespace {

// (policy, backend or '') before anything was locked
Napi::Value Configure(const Napi::CallbackInfo& info) {
  const int policy = IntArg(info, 0);
  if (policy < 0 || policy > 2) ThrowRangeError(info.Env(), "no policy");
  const std::string backend = StringArg(info, 1);
  const BackendChoice choice = backend == "mlock"          ? BackendChoice::kMlock
                               : backend == "memfd_secret" ? BackendChoice::kMemfdSecret
                                                           : BackendChoice::kAuto;
  if (!LockedPoolManager::Instance().Configure(static_cast<LockPolicy>(policy), choice)) {
    ThrowEventError(Environment::From(info), code::kState, "there is locked memory already");
  }
  return info.Env().Undefined();
}

Napi::Value Stats(const Napi::CallbackInfo& info) {
  // Asking must not make a pool, which could not be configured any more.
  SecureBufferTable* const table = SecureBufferTable::IfMade();
  const LockedPool::Stats stats =
      table == nullptr ? LockedPoolManager::Instance().GetStats() : table->GetStats();
  const Napi::Object object = Napi::Object::New(info.Env());
  const auto set = [&](const char* name, size_t value) { object.Set(name, static_cast<double>(value)); };
  set("used", stats.used);
  set("free", stats.free);
  set("total", stats.total);
  set("locked", stats.locked);
  set("chunks_used", stats.chunks_used);
  set("chunks_free", stats.chunks_free);
  set("lock_failures", stats.lock_failures);
  object.Set("backend", NameOf(stats.backend));
  return object;
}

Napi::Value Walk(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), LockedPoolManager::Instance().pool().Walk());
}

// (size) -> ArrayBuffer over locked pages of its own, or undefined
Napi::Value RegionNew(const Napi::CallbackInfo& info) {
  double size = 0;
  if (napi_get_value_double(info.Env(), info[0], &size) != napi_ok ||
      !(size >= 1 && size <= static_cast<double>(SecureBufferTable::kMaxCapacity)) ||
      std::floor(size) != size) {
    return info.Env().Undefined();
  }
  const Napi::Value region = NewSecureRegion(info.Env(), static_cast<size_t>(size));
  Environment::From(info).NoteLockedPool();
  return region;
}

// (ArrayBuffer of regionNew) -> whether it was one; a second time does nothing
Napi::Value RegionFree(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), FreeSecureRegion(info.Env(), info[0]));
}

// (buffer's number) -> ArrayBuffer with a copy of its content, of at least one byte, or undefined
Napi::Value Lend(const Napi::CallbackInfo& info) {
  const SharedAccess access(SecureBufferTable::Instance(), BufferNumberArg(info, 0));
  if (!access) return info.Env().Undefined();
  Environment& env = Environment::From(info);
  const Napi::Value memory = env.lent_memory().Lend(info.Env(), {access.data(), access.length()});
  env.NoteLockedPool();
  return memory;
}

// (ArrayBuffer of lend) -> false when its memory is not in it any more
Napi::Value TakeBack(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), Environment::From(info).lent_memory().TakeBack(info.Env(), info[0]));
}

Napi::Value Harden(const Napi::CallbackInfo& info) {
  if (!platform::HardenProcess()) {
    ThrowSystemError(Environment::From(info), code::kLibevent, "prctl", errno, "cannot harden the process");
  }
  return info.Env().Undefined();
}

Napi::Value Purge(const Napi::CallbackInfo& info) {
  PurgeAll();
  return info.Env().Undefined();
}

// (signal) -> whether the system agrees
Napi::Value PurgeOnSignal(const Napi::CallbackInfo& info) {
  const std::array<int, 1> signals{IntArg(info, 0)};
  return Napi::Boolean::New(info.Env(), PurgeOnSignals(signals));
}

}  // namespace

void ExportLockedMemoryFunctions(Napi::Env env, Napi::Object exports, Environment& state) {
  // JavaScript tells the user, as a process warning.
  Environment::WarnOfUnlocked();
  ExportFunction<Configure>(env, exports, "lockedPoolConfigure", state);
  ExportFunction<Stats>(env, exports, "lockedPoolStats", state);
  ExportFunction<Walk>(env, exports, "lockedPoolWalk", state);
  ExportFunction<RegionNew>(env, exports, "secureRegionNew", state);
  ExportFunction<RegionFree>(env, exports, "secureRegionFree", state);
  ExportFunction<Lend>(env, exports, "secureBufferLend", state);
  ExportFunction<TakeBack>(env, exports, "secureBufferTakeBack", state);
  ExportFunction<Harden>(env, exports, "hardenProcess", state);
  ExportFunction<Purge>(env, exports, "purgeSecrets", state);
  ExportFunction<PurgeOnSignal>(env, exports, "purgeOnSignal", state);
}

}  // namespace bitcoin_support
