#include "memory/locked_memory_napi.h"
#include "memory/locked_pool_report.h"

#include <array>
#include <cerrno>
#include <cmath>
#include <limits>

#include "memory/detach_key.h"
#include "memory/lent_memory.h"
#include "memory/secure_buffer_napi.h"
#include "memory/secure_regions.h"
#include "memory/wiped_memory.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "secure/locked_pool_manager.h"
#include "secure/memory_cleanse.h"
#include "secure/platform.h"
#include "secure/purge.h"

namespace bitcoin_support {
namespace {

// What use() can lend however much else is locked.
constexpr size_t kLendingReserve = 16 * 1024;

// (policy, backend or '') before anything was locked
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

Napi::Value WalkNapi(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), LockedPoolManager::Instance().pool().Walk());
}

// (size) -> ArrayBuffer over locked pages of its own, or undefined
Napi::Value RegionNewNapi(const Napi::CallbackInfo& info) {
  double size = 0;
  if (napi_get_value_double(info.Env(), info[0], &size) != napi_ok ||
      !(size >= 1 && size <= static_cast<double>(SecureBufferTable::kMaxCapacity)) ||
      std::floor(size) != size) {
    return info.Env().Undefined();
  }
  const Napi::Value region = NewSecureRegion(info.Env(), static_cast<size_t>(size));
  ReportLockedPool(Environment::From(info));
  return region;
}

// (ArrayBuffer of regionNew) -> 0 when it is none, 1 freed, 2 retired
Napi::Value RegionFreeNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<int>(FreeSecureRegion(info.Env(), info[0])));
}

// (size) -> ArrayBuffer over ordinary memory that is wiped when it is freed, or undefined
Napi::Value WipedNewNapi(const Napi::CallbackInfo& info) {
  double size = 0;
  if (napi_get_value_double(info.Env(), info[0], &size) != napi_ok ||
      !(size >= 1 && size <= static_cast<double>(SecureBufferTable::kMaxCapacity)) ||
      std::floor(size) != size) {
    return info.Env().Undefined();
  }
  return NewWipedMemory(info.Env(), static_cast<size_t>(size));
}

// (buffer's number) -> place with a copy of its content, whose length is shown, or -1
Napi::Value LendNapi(const Napi::CallbackInfo& info) {
  Environment& env = Environment::From(info);
  const auto loan = env.State<LentMemory>().Lend(info.Env(), BufferNumberArg(info, 0));
  ReportLockedPool(env);
  if (!loan) return Napi::Number::New(info.Env(), -1);
  env.numbers().Set(SharedNumber::kLentLength, static_cast<double>(loan->length));
  return Napi::Number::New(info.Env(), static_cast<double>(loan->place));
}

// A place's number; one that there never is for anything else.
size_t PlaceArg(const Napi::CallbackInfo& info) {
  double place = -1;
  const bool number = napi_get_value_double(info.Env(), info[0], &place) == napi_ok;
  return number && place >= 0 && place < 1e9 ? static_cast<size_t>(place)
                                             : std::numeric_limits<size_t>::max();
}

// (place) -> ArrayBuffer that shows it, for one that has none yet, or undefined
Napi::Value ShowLentNapi(const Napi::CallbackInfo& info) {
  return Environment::From(info).State<LentMemory>().Show(info.Env(), PlaceArg(info));
}

// (ArrayBuffer), as secureLentTakeBack() does
Napi::Value ReleaseLentNapi(const Napi::CallbackInfo& info) {
  ReleaseArrayBuffer(info.Env(), info[0]);
  return info.Env().Undefined();
}

// (place, whether all that the function began is over, ArrayBuffer that was lent) -> -1 keep, -2 retire, or
// the place to free
Napi::Value TakeBackNapi(const Napi::CallbackInfo& info) {
  bool over = true;
  napi_get_value_bool(info.Env(), info[1], &over);
  LentMemory& lent = Environment::From(info).State<LentMemory>();
  const double next = lent.TakeBack(info.Env(), PlaceArg(info), over);
  ReleaseArrayBuffer(info.Env(), info[2]);
  return Napi::Number::New(info.Env(), next);
}

Napi::Value LoseLentNapi(const Napi::CallbackInfo& info) {
  Environment::From(info).State<LentMemory>().Lose(PlaceArg(info));
  return info.Env().Undefined();
}

Napi::Value RetireLentNapi(const Napi::CallbackInfo& info) {
  Environment::From(info).State<LentMemory>().Retire(PlaceArg(info));
  return info.Env().Undefined();
}

// (place, ArrayBuffer that its memory is in)
Napi::Value FreeLentNapi(const Napi::CallbackInfo& info) {
  Environment::From(info).State<LentMemory>().Free(info.Env(), PlaceArg(info), info[1]);
  return info.Env().Undefined();
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

// (signal) -> whether the system agrees
Napi::Value PurgeOnSignalNapi(const Napi::CallbackInfo& info) {
  const std::array<int, 1> signals{IntArg(info, 0)};
  return Napi::Boolean::New(info.Env(), PurgeOnSignals(signals));
}

// (): after somebody has begun or ended to listen for a signal
Napi::Value PurgeFirstNapi(const Napi::CallbackInfo& info) {
  PurgeFirstAgain();
  return info.Env().Undefined();
}

}  // namespace

void ExportLockedMemoryFunctions(Napi::Env env, Napi::Object exports, Environment& state) {
  WarnOfUnlockedPages();
  LockedPoolManager::Instance().SetReserve(kLendingReserve);
  ExportFunction<ConfigureNapi>(env, exports, "lockedPoolConfigure", state);
  ExportFunction<StatsNapi>(env, exports, "lockedPoolStats", state);
  ExportFunction<WalkNapi>(env, exports, "lockedPoolWalk", state);
  ExportFunction<RegionNewNapi>(env, exports, "secureRegionNew", state);
  ExportFunction<RegionFreeNapi>(env, exports, "secureRegionFree", state);
  ExportFunction<WipedNewNapi>(env, exports, "secureWipedNew", state);
  ExportFunction<LendNapi>(env, exports, "secureBufferLend", state);
  ExportFunction<ShowLentNapi>(env, exports, "secureLentShow", state);
  ExportFunction<ReleaseLentNapi>(env, exports, "secureLentRelease", state);
  ExportFunction<TakeBackNapi>(env, exports, "secureLentTakeBack", state);
  ExportFunction<LoseLentNapi>(env, exports, "secureLentLose", state);
  ExportFunction<RetireLentNapi>(env, exports, "secureLentRetire", state);
  ExportFunction<FreeLentNapi>(env, exports, "secureLentFree", state);
  ExportFunction<HardenNapi>(env, exports, "hardenProcess", state);
  ExportFunction<PurgeNapi>(env, exports, "purgeSecrets", state);
  ExportFunction<PurgeOnSignalNapi>(env, exports, "purgeOnSignal", state);
  ExportFunction<PurgeFirstNapi>(env, exports, "purgeFirstAgain", state);
}

}  // namespace bitcoin_support
