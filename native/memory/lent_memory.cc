#include "memory/lent_memory.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <mutex>

#include "memory/detach_key.h"
#include "memory/locked_pool_report.h"
#include "memory/pending_requests.h"
#include "memory/secure_arguments.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/exports.h"
#include "napi/shared_constants.h"
#include "secure/buffer_use.h"
#include "secure/locked_pool_manager.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

LockedPool& Pool() { return LockedPoolManager::Instance().pool(); }

// The buffers of which a copy is lent in pages that are not locked, once for each copy. There are none as
// long as pages can be locked, and then Has() takes no lock.
class UnlockedLoans {
 public:
  static UnlockedLoans& Instance() {
    static UnlockedLoans* const loans = new UnlockedLoans;
    return *loans;
  }

  void Add(BufferNumber number) {
    const std::lock_guard lock(m_mutex);
    m_numbers.push_back(number);
    m_count.store(m_numbers.size(), std::memory_order_relaxed);
  }

  void Remove(BufferNumber number) {
    const std::lock_guard lock(m_mutex);
    const auto found = std::find(m_numbers.begin(), m_numbers.end(), number);
    if (found != m_numbers.end()) m_numbers.erase(found);
    m_count.store(m_numbers.size(), std::memory_order_relaxed);
  }

  bool Has(BufferNumber number) {
    if (m_count.load(std::memory_order_relaxed) == 0) return false;
    const std::lock_guard lock(m_mutex);
    return std::find(m_numbers.begin(), m_numbers.end(), number) != m_numbers.end();
  }

 private:
  std::mutex m_mutex;
  std::vector<BufferNumber> m_numbers;
  std::atomic<size_t> m_count{0};
};

// The number of a place; one that no place has for anything else.
size_t PlaceArg(const Napi::CallbackInfo& info) {
  constexpr size_t kMost = 1'000'000'000;
  return SizeArg(info, 0, kMost).value_or(std::numeric_limits<size_t>::max());
}

}  // namespace

bool LentMemory::IsLentUnlocked(BufferNumber number) { return UnlockedLoans::Instance().Has(number); }

LentMemory::~LentMemory() {
  for (Place& place : m_places) {
    if (place.state == State::kLent) EndLoan(place);
    if (place.region != nullptr) {
      place.region->set_owner(nullptr);
    } else if (place.state != State::kEmpty) {
      FreeLockedRegion(place.memory, place.size);
    }
  }
}

LentMemory::Place* LentMemory::Take(size_t size) {
  // The smallest that is large enough.
  Place* found = nullptr;
  Place* empty = nullptr;
  for (Place& place : m_places) {
    if (place.state == State::kEmpty) empty = &place;
    if (place.state != State::kIdle || place.size < size) continue;
    if (found == nullptr || place.size < found->size) found = &place;
  }
  if (found != nullptr) {
    Pool().SetIdle(found->memory, false);
    return found;
  }
  if (empty == nullptr) empty = &m_places.emplace_back();
  void* const memory = Pool().AllocReserved(size);
  if (memory == nullptr) return nullptr;
  empty->memory = memory;
  empty->size = Pool().SizeOfRegion(memory);
  empty->locked = Pool().IsLocked(memory);
  return empty;
}

std::optional<LentMemory::Loan> LentMemory::Lend(napi_env env, BufferNumber number) {
  const SharedAccess access(SecureBufferTable::Instance(), number);
  if (!access) return std::nullopt;
  Place* const place = Take(std::max<size_t>(access.length(), 1));
  if (place == nullptr) return std::nullopt;
  if (access.length() > 0) std::memcpy(place->memory, access.data(), access.length());
  place->state = State::kLent;
  place->lent = number;
  place->requests = PendingRequests(env);
  if (place->region != nullptr) place->region->SetIdle(false);
  if (!place->locked) UnlockedLoans::Instance().Add(number);
  return Loan{NumberOf(*place), access.length()};
}

LentMemory::Place* LentMemory::Find(size_t place, State state) {
  return place < m_places.size() && m_places[place].state == state ? &m_places[place] : nullptr;
}

void LentMemory::EndLoan(Place& place) {
  // Not only the content: a function may have written beyond it.
  MemoryCleanse(place.memory, place.size);
  if (!place.locked) UnlockedLoans::Instance().Remove(place.lent);
  place.lent = 0;
  place.state = State::kIdle;
}

Napi::Value LentMemory::MakeArrayBuffer(Napi::Env env, size_t number) {
  Place* const place = Find(number, State::kLent);
  if (place == nullptr || place->region != nullptr) return env.Undefined();
  napi_value buffer = nullptr;
  SecureRegion* const region =
      SecureRegion::MakeArrayBuffer(env, this, place->memory, place->size, place->size, &buffer);
  if (region == nullptr) {
    EndLoan(*place);
    FreeLockedRegion(place->memory, place->size);
    *place = {};
    return env.Undefined();
  }
  // No JavaScript has run, so the reference is still valid.
  place->region = region;
  return Napi::Value(env, buffer);
}

double LentMemory::TakeBack(napi_env env, size_t number, bool over) {
  Place* const place = Find(number, State::kLent);
  if (place == nullptr || place->region == nullptr) return kKeepLent;
  EndLoan(*place);
  const unsigned requests = PendingRequests(env);
  // After an await the request count may have changed. Reuse the pages only if no request is pending.
  if (over ? requests > 0 : requests > place->requests) return kRetireLent;
  place->region->SetIdle(true);
  Pool().SetIdle(place->memory, true);
  return Keep(*place);
}

double LentMemory::Keep(const Place& place) const {
  if (place.size > kLargestKept) return static_cast<double>(NumberOf(place));
  size_t idle = 0;
  const Place* smallest = nullptr;
  for (const Place& each : m_places) {
    if (each.state != State::kIdle) continue;
    ++idle;
    // The last of equal ones: the first is the pool's reserve.
    if (smallest == nullptr || each.size <= smallest->size) smallest = &each;
  }
  return idle > kKept ? static_cast<double>(NumberOf(*smallest)) : kKeepLent;
}

void LentMemory::ForgetMoved(size_t number) {
  Place* const place = Find(number, State::kIdle);
  if (place == nullptr || place->region == nullptr) return;
  place->region->SetIdle(false);
  place->region->set_owner(nullptr);
  // The pool counts it as used until it is collected.
  Pool().SetIdle(place->memory, false);
  *place = {};
}

void LentMemory::Retire(size_t number) {
  Place* const place = Find(number, State::kIdle);
  if (place == nullptr || place->region == nullptr) return;
  place->region->set_owner(nullptr);
  place->region->Retire();
  *place = {};
}

void LentMemory::Free(napi_env env, size_t number, napi_value buffer) {
  Place* const place = Find(number, State::kIdle);
  if (place == nullptr || place->region == nullptr || !place->region->TakeBack(env, buffer)) return;
  place->region->set_owner(nullptr);
  FreeLockedRegion(place->memory, place->size);
  *place = {};
}

void LentMemory::OnFinalized(SecureRegion& region) {
  for (Place& place : m_places) {
    if (place.region != &region) continue;
    if (place.state == State::kLent) EndLoan(place);
    place = {};
  }
}

// (buffer) -> place with a copy of its content, or -1; SharedNumber::kLentLength has its length
Napi::Value LentMemory::LendNapi(const Napi::CallbackInfo& info) {
  Environment& env = Environment::From(info);
  const auto loan = env.State<LentMemory>().Lend(info.Env(), BufferNumberArg(info, 0));
  ReportLockedPool(env);
  if (!loan) return Napi::Number::New(info.Env(), -1);
  env.numbers().Set(SharedNumber::kLentLength, static_cast<double>(loan->length));
  return Napi::Number::New(info.Env(), static_cast<double>(loan->place));
}

// (place) -> a new ArrayBuffer over it, for a place that has none, or undefined
Napi::Value LentMemory::ShowNapi(const Napi::CallbackInfo& info) {
  return Environment::From(info).State<LentMemory>().MakeArrayBuffer(info.Env(), PlaceArg(info));
}

// (ArrayBuffer): lets V8 detach it again
Napi::Value LentMemory::ReleaseNapi(const Napi::CallbackInfo& info) {
  ReleaseArrayBuffer(info.Env(), info[0]);
  return info.Env().Undefined();
}

// (place, whether all that the function began is over, ArrayBuffer that was lent) -> kKeepLent, kRetireLent,
// or the place to free
Napi::Value LentMemory::TakeBackNapi(const Napi::CallbackInfo& info) {
  bool over = true;
  napi_get_value_bool(info.Env(), info[1], &over);
  LentMemory& lent = Environment::From(info).State<LentMemory>();
  const double next = lent.TakeBack(info.Env(), PlaceArg(info), over);
  ReleaseArrayBuffer(info.Env(), info[2]);
  return Napi::Number::New(info.Env(), next);
}

// (place)
Napi::Value LentMemory::LoseNapi(const Napi::CallbackInfo& info) {
  Environment::From(info).State<LentMemory>().ForgetMoved(PlaceArg(info));
  return info.Env().Undefined();
}

// (place)
Napi::Value LentMemory::RetireNapi(const Napi::CallbackInfo& info) {
  Environment::From(info).State<LentMemory>().Retire(PlaceArg(info));
  return info.Env().Undefined();
}

// (place, ArrayBuffer that has its memory)
Napi::Value LentMemory::FreeNapi(const Napi::CallbackInfo& info) {
  Environment::From(info).State<LentMemory>().Free(info.Env(), PlaceArg(info), info[1]);
  return info.Env().Undefined();
}

void LentMemory::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<LendNapi>(env, exports, "secureBufferLend", state);
  ExportFunction<ShowNapi>(env, exports, "secureLentShow", state);
  ExportFunction<ReleaseNapi>(env, exports, "secureLentRelease", state);
  ExportFunction<TakeBackNapi>(env, exports, "secureLentTakeBack", state);
  ExportFunction<LoseNapi>(env, exports, "secureLentLose", state);
  ExportFunction<RetireNapi>(env, exports, "secureLentRetire", state);
  ExportFunction<FreeNapi>(env, exports, "secureLentFree", state);
}

}  // namespace bitcoin_support
