#include "loop/event_base_inspection.h"

#include <event2/event.h>
#include <event2/event_struct.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "loop/event_base.h"
#include "loop/lib_event.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/list.h"

namespace bitcoin_support {
namespace {

EventBase& This(const Napi::CallbackInfo& info) { return Environment::From(info).Get<EventBase>(info[0]); }

bool IsInternal(const event* ev) { return (ev->ev_evcallback.evcb_flags & EVLIST_INTERNAL) != 0; }

double MsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1000 + static_cast<double>(time.tv_usec) / 1000;
}

// --- counting --------------------------------------------------------------------------------------

// (base, flags, clear) -> the most that there have been
Napi::Value GetMaxEventsNapi(const Napi::CallbackInfo& info) {
  const auto flags = static_cast<unsigned>(IntArg(info, 1));
  EventBase& self = This(info);
  self.GiveUpPostponed();
  return Napi::Number::New(info.Env(),
                           event_base_get_max_events(self.base(), flags, BoolArg(info, 2) ? 1 : 0));
}

// (base) -> slots of its LibEvents that are pending or active
Napi::Value ListEventsNapi(const Napi::CallbackInfo& info) {
  std::vector<uint32_t> slots;
  const auto collect = [](const event_base*, const event* ev, void* found) {
    if (const LibEvent* const handle = LibEvent::Of(ev); handle != nullptr && handle->live()) {
      static_cast<std::vector<uint32_t>*>(found)->push_back(HandleTable::SlotOf(handle->number()));
    }
    return 0;
  };
  event_base_foreach_event(This(info).base(), collect, &slots);
  std::vector<napi_value> list;
  list.reserve(slots.size());
  for (const uint32_t slot : slots) list.push_back(Napi::Number::New(info.Env(), slot));
  return NewList(info.Env(), list);
}

// (base) -> libevent's own listing
Napi::Value DumpEventsNapi(const Napi::CallbackInfo& info) {
  EventBase& self = This(info);
  char* text = nullptr;
  size_t length = 0;
  FILE* const stream = open_memstream(&text, &length);
  if (stream == nullptr) ThrowEventError(self.env(), code::kLibevent, "open_memstream failed");
  self.GiveUpPostponed();
  event_base_dump_events(self.base(), stream);
  std::fclose(stream);
  const std::unique_ptr<char, decltype(&std::free)> owner(text, std::free);
  return Napi::String::New(info.Env(), text, length);
}

// --- priorities --------------------------------------------------------------------------------------

Napi::Value GetNprioritiesNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), event_base_get_npriorities(This(info).base()));
}

int HasPriorityFrom(const event_base*, const event* ev, void* limit) {
  return !IsInternal(ev) && event_get_priority(ev) >= *static_cast<int*>(limit) ? 1 : 0;
}

// Whether something on the base may have a priority from `limit` on. libevent's own parts do not say which
// they have.
bool MayHavePriorityFrom(const EventBase& base, int limit) {
  const auto matches = [&](const BaseChild& child) {
    if (child.kind() != HandleKind::kLibEvent) return true;
    const auto* const ev = static_cast<const event*>(child.Address());
    return ev != nullptr && event_get_priority(ev) >= limit;
  };
  return base.lingering() || base.AnyChild(matches) ||
         event_base_foreach_event(base.base(), HasPriorityFrom, &limit) != 0;
}

// (base, count). libevent lets go of its queues, also of the one that it is running, and ends the process
// when an event has a priority that there is no queue for.
Napi::Value PriorityInitNapi(const Napi::CallbackInfo& info) {
  EventBase& self = This(info);
  const int count = IntArg(info, 1);
  if (self.busy()) ThrowEventError(self.env(), code::kState, "the base is being run");
  if (count < event_base_get_npriorities(self.base()) && MayHavePriorityFrom(self, count)) {
    ThrowEventError(self.env(), code::kState, "something on the base may have a priority that would go");
  }
  self.ForgetRelease();
  if (event_base_priority_init(self.base(), count) != 0) {
    ThrowEventError(self.env(), code::kState, "event_base_priority_init failed: an event is active");
  }
  return info.Env().Undefined();
}

// --- time --------------------------------------------------------------------------------------------

// (base) -> ms since 1970
Napi::Value GettimeofdayCachedNapi(const Napi::CallbackInfo& info) {
  EventBase& self = This(info);
  timeval now{};
  if (event_base_gettimeofday_cached(self.base(), &now) != 0) {
    ThrowEventError(self.env(), code::kLibevent, "event_base_gettimeofday_cached failed");
  }
  return Napi::Number::New(info.Env(), MsOf(now));
}

Napi::Value UpdateCacheTimeNapi(const Napi::CallbackInfo& info) {
  EventBase& self = This(info);
  if (event_base_update_cache_time(self.base()) != 0) {
    ThrowEventError(self.env(), code::kLibevent, "event_base_update_cache_time failed");
  }
  return info.Env().Undefined();
}

// (base, ms)
Napi::Value InitCommonTimeoutNapi(const Napi::CallbackInfo& info) {
  EventBase& self = This(info);
  const auto timeout = TimevalFromMs(NumberArg(info, 1));
  if (!timeout) ThrowRangeError(info.Env(), "no time");
  if (!self.InitCommonTimeout(*timeout)) {
    ThrowEventError(self.env(), code::kState, "the base has no room for another common timeout");
  }
  return info.Env().Undefined();
}

// --- making things happen ----------------------------------------------------------------------------

// (base, fd, what)
Napi::Value ActiveByFdNapi(const Napi::CallbackInfo& info) {
  event_base_active_by_fd(This(info).base(), IntArg(info, 1), static_cast<short>(IntArg(info, 2)));
  return info.Env().Undefined();
}

// (base, signal)
Napi::Value ActiveBySignalNapi(const Napi::CallbackInfo& info) {
  event_base_active_by_signal(This(info).base(), IntArg(info, 1));
  return info.Env().Undefined();
}

// (base)
Napi::Value ReinitNapi(const Napi::CallbackInfo& info) {
  Environment::From(info).GetEvenForked<EventBase>(info[0]).Reinit();
  return info.Env().Undefined();
}

}  // namespace

void ExportEventBaseInspection(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<GetMaxEventsNapi>(env, exports, "eventBaseGetMaxEvents", state);
  ExportFunction<ListEventsNapi>(env, exports, "eventBaseListEvents", state);
  ExportFunction<DumpEventsNapi>(env, exports, "eventBaseDumpEvents", state);
  ExportFunction<GetNprioritiesNapi>(env, exports, "eventBaseGetNpriorities", state);
  ExportFunction<PriorityInitNapi>(env, exports, "eventBasePriorityInit", state);
  ExportFunction<GettimeofdayCachedNapi>(env, exports, "eventBaseGettimeofdayCached", state);
  ExportFunction<UpdateCacheTimeNapi>(env, exports, "eventBaseUpdateCacheTime", state);
  ExportFunction<InitCommonTimeoutNapi>(env, exports, "eventBaseInitCommonTimeout", state);
  ExportFunction<ActiveByFdNapi>(env, exports, "eventBaseActiveByFd", state);
  ExportFunction<ActiveBySignalNapi>(env, exports, "eventBaseActiveBySignal", state);
  ExportFunction<ReinitNapi>(env, exports, "eventBaseReinit", state);
}

}  // namespace bitcoin_support
