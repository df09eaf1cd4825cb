#include "memory/locked_memory_napi.h"

#include <array>
#include <cerrno>

#include "memory/locked_pool_report.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "secure/locked_pool_manager.h"
#include "secure/platform.h"
#include "secure/purge.h"
#include "secure/secure_buffer_table.h"

namespace bitcoin_support {
namespace {

// Bytes that use() can lend however much else is locked.
constexpr size_t kLendingReserve = 16 * 1024;

// (policy, backend or '') before anything is locked
Napi::Value ConfigureNapi(const Napi::CallbackInfo& info) {
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

Napi::Value StatsNapi(const Napi::CallbackInfo& info) {
  // Reading the statistics must not make the pool: it could not be configured any more.
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

Napi::Value WalkNapi(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), LockedPoolManager::Instance().pool().Walk());
}

Napi::Value HardenNapi(const Napi::CallbackInfo& info) {
  if (!platform::HardenProcess()) {
    ThrowSystemError(Environment::From(info), code::kLibevent, "prctl", errno, "cannot harden the process");
  }
  return info.Env().Undefined();
}

Napi::Value PurgeNapi(const Napi::CallbackInfo& info) {
  PurgeAll();
  return info.Env().Undefined();
}

// (signal) -> whether the system allows it
Napi::Value PurgeOnSignalNapi(const Napi::CallbackInfo& info) {
  const std::array<int, 1> signals{IntArg(info, 0)};
  return Napi::Boolean::New(info.Env(), PurgeOnSignals(signals));
}

// (): after a handler for a signal was added or removed
Napi::Value PurgeFirstNapi(const Napi::CallbackInfo& info) {
  PurgeFirstAgain();
  return info.Env().Undefined();
}

}  // namespace

void ExportLockedMemoryFunctions(Napi::Env env, Napi::Object exports, Environment& state) {
  // JavaScript warns the user with a process warning, instead of the line on stderr.
  WarnOfUnlockedPages();
  LockedPoolManager::Instance().SetReserve(kLendingReserve);
  ExportFunction<ConfigureNapi>(env, exports, "lockedPoolConfigure", state);
  ExportFunction<StatsNapi>(env, exports, "lockedPoolStats", state);
  ExportFunction<WalkNapi>(env, exports, "lockedPoolWalk", state);
  ExportFunction<HardenNapi>(env, exports, "hardenProcess", state);
  ExportFunction<PurgeNapi>(env, exports, "purgeSecrets", state);
  ExportFunction<PurgeOnSignalNapi>(env, exports, "purgeOnSignal", state);
  ExportFunction<PurgeFirstNapi>(env, exports, "purgeFirstAgain", state);
}

}  // namespace bitcoin_support
