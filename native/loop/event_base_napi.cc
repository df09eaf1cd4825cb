// The native functions over EventBase, and the references of what lives on one.
#include <event2/event.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "loop/event_base.h"
#include "loop/event_share.h"
#include "loop/lib_event.h"
#include "loop/loop_driver.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/handle_exports.h"
#include "napi/js_callback.h"
#include "napi/list.h"

namespace bitcoin_support {
namespace {

EventBase& This(const Napi::CallbackInfo& info) { return Environment::From(info).Get<EventBase>(info[0]); }

void CheckMayRun(const EventBase& base) {
  if (base.in_loop() || base.dispatch().on()) {
    ThrowEventError(base.env(), code::kReentrant, "the base is being dispatched already");
  }
}

void CheckMayRunNow(const EventBase& base) {
  CheckMayRun(base);
  if (base.freeing()) {
    ThrowEventError(base.env(), code::kReentrant,
                    "the callback comes from a call of libevent's that has not returned yet");
  }
}

// --- making and running ------------------------------------------------------------------------------

// (priorities, features, preciseTimer, changelist, maxIntervalMs, maxCallbacks, minPriority, avoid)
Napi::Value NewNapi(const Napi::CallbackInfo& info) {
  EventBaseOptions options;
  options.priorities = IntArg(info, 0);
  options.required_features = IntArg(info, 1);
  options.precise_timer = BoolArg(info, 2);
  options.changelist = BoolArg(info, 3);
  options.max_interval_ms = NumberArg(info, 4);
  options.max_callbacks = IntArg(info, 5);
  options.min_priority = IntArg(info, 6);
  options.avoid_methods = ListArg(info, 7).Strings();
  auto* const base = new EventBase(Environment::From(info), options);
  return Napi::Number::New(info.Env(), base->number());
}

// (base, keep alive, whether it takes over what eventBaseDrive has begun)
Napi::Value DispatchNapi(const Napi::CallbackInfo& info) {
  const bool keep_alive = BoolArg(info, 1);
  const bool take_over = BoolArg(info, 2);
  EventBase& base = This(info);
  if (take_over && base.dispatch().on()) {
    LoopDriver::Of(base.env()).SetKeepAlive(base, keep_alive);
  } else {
    CheckMayRun(base);
    LoopDriver::Of(base.env()).Attach(base, keep_alive);
  }
  return info.Env().Undefined();
}

// (base): as dispatch, for promises that are pending on it -> false when it is being run already
Napi::Value DriveNapi(const Napi::CallbackInfo& info) {
  EventBase& base = This(info);
  const bool free = !base.in_loop() && !base.dispatch().on();
  if (free) LoopDriver::Of(base.env()).Attach(base, false);
  return Napi::Boolean::New(info.Env(), free);
}

// (base): ends what drive has begun, without a report -> false in the middle of a turn
Napi::Value StopDrivingNapi(const Napi::CallbackInfo& info) {
  EventBase& base = This(info);
  if (base.in_loop()) return Napi::Boolean::New(info.Env(), false);
  LoopDriver::Of(base.env()).Detach(base);
  return Napi::Boolean::New(info.Env(), true);
}

Napi::Value LoopSyncNapi(const Napi::CallbackInfo& info) {
  EventBase& base = This(info);
  const int flags = IntArg(info, 1);
  CheckMayRunNow(base);
  Environment& env = base.env();
  const int result = base.RunSync(flags);
  if (env.callbacks().RethrowPending()) return Napi::Value();
  if (result < 0) ThrowEventError(env, code::kLibevent, "event_base_loop failed");
  return Napi::Number::New(info.Env(), result);
}

Napi::Value LoopbreakNapi(const Napi::CallbackInfo& info) {
  This(info).Loopbreak();
  return info.Env().Undefined();
}

Napi::Value LoopcontinueNapi(const Napi::CallbackInfo& info) {
  event_base_loopcontinue(This(info).base());
  return info.Env().Undefined();
}

// (base, ms | negative)
Napi::Value LoopexitNapi(const Napi::CallbackInfo& info) {
  This(info).Loopexit(NumberArg(info, 1));
  return info.Env().Undefined();
}

Napi::Value GotBreakNapi(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), This(info).got_break());
}

Napi::Value GotExitNapi(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), This(info).got_exit());
}

// (base, fd, what, id, ms | negative)
Napi::Value OnceNapi(const Napi::CallbackInfo& info) {
  This(info).Once(IntArg(info, 1), IntArg(info, 2), NumberArg(info, 3), NumberArg(info, 4));
  return info.Env().Undefined();
}

// (base, fd, what, id, ms | negative, function, arg)
Napi::Value OnceInCNapi(const Napi::CallbackInfo& info) {
  This(info).OnceInC(IntArg(info, 1), IntArg(info, 2), NumberArg(info, 3), NumberArg(info, 4),
                     FunctionArg<event_callback_fn>(info, 5), AddressArg(info, 6));
  return info.Env().Undefined();
}

// --- what it is and has ------------------------------------------------------------------------------

Napi::Value GetMethodNapi(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), event_base_get_method(This(info).base()));
}

Napi::Value GetFeaturesNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), event_base_get_features(This(info).base()));
}

Napi::Value GetNumEventsNapi(const Napi::CallbackInfo& info) {
  const auto flags = static_cast<unsigned>(IntArg(info, 1));
  EventBase& self = This(info);
  self.GiveUpPostponed();
  return Napi::Number::New(info.Env(), event_base_get_num_events(self.base(), flags));
}

double MsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1000 + static_cast<double>(time.tv_usec) / 1000;
}

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

// (base, count)
Napi::Value PriorityInitNapi(const Napi::CallbackInfo& info) {
  EventBase& self = This(info);
  self.SetPriorities(IntArg(info, 1));
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
  if (!self.common_timeouts().Init(*timeout)) {
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

// --- references --------------------------------------------------------------------------------------

// (handle, its type's name): a base, or what lives on one and may be without a reference
Handle& ReferencedArg(const Napi::CallbackInfo& info) {
  Environment& env = Environment::From(info);
  const std::string type = StringArg(info, 1);
  Handle& handle = env.GetAny(info[0]);
  if (handle.type().name != type) {
    ThrowEventError(env, code::kHandle, "the handle is of type " + handle.type().name + ", not " + type);
  }
  switch (handle.kind()) {
    case HandleKind::kEventBase:
    case HandleKind::kLibEvent:
    case HandleKind::kEvHttp:
    case HandleKind::kEvConnListener:
      return handle;
    default:
      ThrowEventError(env, code::kHandle, "a handle of type " + type + " has no reference");
  }
}

// (handle, its type's name, on)
Napi::Value SetRefNapi(const Napi::CallbackInfo& info) {
  const bool on = BoolArg(info, 2);
  Handle& handle = ReferencedArg(info);
  if (handle.kind() == HandleKind::kEventBase) {
    LoopDriver::Of(handle.env()).SetRef(static_cast<EventBase&>(handle), on);
  } else {
    BaseChild& child = static_cast<BaseChild&>(handle);
    child.base().SetChildRef(child, on);
  }
  return info.Env().Undefined();
}

// (handle, its type's name) -> whether it has a reference
Napi::Value HasRefNapi(const Napi::CallbackInfo& info) {
  const Handle& handle = ReferencedArg(info);
  const bool on = handle.kind() == HandleKind::kEventBase
                      ? static_cast<const EventBase&>(handle).dispatch().has_ref()
                      : static_cast<const BaseChild&>(handle).has_ref();
  return Napi::Boolean::New(info.Env(), on);
}

}  // namespace

void EventBase::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<NewNapi>(env, exports, "eventBaseNew", state);
  ExportFunction<DispatchNapi>(env, exports, "eventBaseDispatch", state);
  ExportFunction<DriveNapi>(env, exports, "eventBaseDrive", state);
  ExportFunction<StopDrivingNapi>(env, exports, "eventBaseStopDriving", state);
  ExportFunction<LoopSyncNapi>(env, exports, "eventBaseLoopSync", state);
  ExportFunction<LoopbreakNapi>(env, exports, "eventBaseLoopbreak", state);
  ExportFunction<LoopcontinueNapi>(env, exports, "eventBaseLoopcontinue", state);
  ExportFunction<LoopexitNapi>(env, exports, "eventBaseLoopexit", state);
  ExportFunction<GotBreakNapi>(env, exports, "eventBaseGotBreak", state);
  ExportFunction<GotExitNapi>(env, exports, "eventBaseGotExit", state);
  ExportFunction<OnceNapi>(env, exports, "eventBaseOnce", state);
  ExportFunction<OnceInCNapi>(env, exports, "eventBaseOnceInC", state);
  ExportFunction<GetMethodNapi>(env, exports, "eventBaseGetMethod", state);
  ExportFunction<GetFeaturesNapi>(env, exports, "eventBaseGetFeatures", state);
  ExportFunction<GetNumEventsNapi>(env, exports, "eventBaseGetNumEvents", state);
  ExportFunction<SetRefNapi>(env, exports, "setRef", state);
  ExportFunction<HasRefNapi>(env, exports, "hasRef", state);
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
  ExportEventShares(env, exports, state);
}

template void ExportHandleType<EventBase>(Napi::Env, Napi::Object, Environment&);

}  // namespace bitcoin_support
