#include "lib_event.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdlib>
#include <new>

#include "arguments.h"
#include "environment.h"
#include "errors.h"
#include "exports.h"
#include "secure/memory_cleanse.h"
#include "signal_claim.h"

namespace bitcoin_support {
namespace {

constexpr int kIoEvents = EV_READ | EV_WRITE | EV_CLOSED;
constexpr int kAllEvents = EV_TIMEOUT | EV_READ | EV_WRITE | EV_SIGNAL | EV_CLOSED;

LibEvent& This(const Napi::CallbackInfo& info) { return Environment::From(info).Get<LibEvent>(info[0]); }

}  // namespace

LibEvent::LibEvent(EventBase& base, int fd, int what)
    : BaseChild(base, base.env().type_for(kKind), kKind),
      m_ends_when_delivered((what & EV_SIGNAL) != 0 && (what & EV_PERSIST) == 0),
      m_event(static_cast<event*>(std::calloc(1, event_get_struct_event_size()))) {
  if (m_event == nullptr) throw std::bad_alloc();
  // libevent would delete it before it calls back, without ForeignHandlerGuard.
  const int flags = m_ends_when_delivered ? what | EV_PERSIST : what;
  if (event_assign(m_event, base.base(), fd, static_cast<short>(flags), OnEvent, this) != 0) {
    std::free(m_event);
    m_event = nullptr;
    ThrowEventError(env(), code::kLibevent,
                    "event_assign refused the flags: EV_SIGNAL goes with no other condition");
  }
}

LibEvent::~LibEvent() {
  if (m_event == nullptr) return;
  Del();
  MemoryCleanse(m_event, event_get_struct_event_size());
  std::free(m_event);
}

void LibEvent::Dispose() {
  if (!live()) return;
  Del();
  RetireChild();
  // Its own callback may be on the stack, or, for a signal, libevent's loop over its deliveries.
  base().WhenIdle([this] { delete this; });
}

void LibEvent::Add(double ms) {
  const int fd = event_get_fd(m_event);
  const int what = event_get_events(m_event);
  if ((what & kIoEvents) != 0 && fcntl(fd, F_GETFD) == -1) {
    ThrowSystemError(env(), code::kLibevent, "event_add", errno, "descriptor " + std::to_string(fd));
  }
  if ((what & EV_SIGNAL) != 0 && !m_holds_signal) {
    switch (ClaimSignal(base(), fd)) {
      case SignalClaim::kGranted:
        m_holds_signal = true;
        break;
      case SignalClaim::kOtherBase:
        ThrowEventError(env(), code::kSignal,
                        "another base has signal events: libevent delivers signals to one base");
      case SignalClaim::kHandledByNode:
        ThrowEventError(env(), code::kSignal, "signal " + std::to_string(fd) + " is handled by Node already");
    }
  }
  const auto timeout = TimevalFromMs(ms);
  errno = 0;
  if (event_add(m_event, timeout ? &*timeout : nullptr) != 0) {
    const int error = errno;
    ReleaseSignalClaim();
    if (error == 0) ThrowEventError(env(), code::kLibevent, "event_add failed");
    const char* const kind = (what & EV_SIGNAL) != 0 ? "signal " : "descriptor ";
    ThrowSystemError(env(), code::kLibevent, "event_add", error, kind + std::to_string(fd));
  }
  if (m_holds_signal) NoteSignalHandler(fd);
}

void LibEvent::Del() {
  if (!m_holds_signal) {
    event_del(m_event);
    return;
  }
  const ForeignHandlerGuard guard(event_get_fd(m_event));
  event_del(m_event);
  ReleaseSignalClaim();
}

void LibEvent::ReleaseSignalClaim() {
  if (!m_holds_signal) return;
  m_holds_signal = false;
  ReleaseSignal(event_get_fd(m_event));
}

void LibEvent::OnEvent(evutil_socket_t, short what, void* arg) {
  LibEvent& self = *static_cast<LibEvent*>(arg);
  if (!self.live()) return;
  if (self.m_ends_when_delivered) self.Del();
  const bool pending = event_pending(self.m_event, kAllEvents, nullptr) != 0;
  self.env().callbacks().Call(self.base(), JsCallback::kEvent,
                              {static_cast<double>(HandleTable::SlotOf(self.number())),
                               static_cast<double>((what & 0xffff) | (pending ? kStillPending : 0))});
}

// (base, fd, what)
Napi::Value LibEvent::New(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  auto* const self = new LibEvent(base, IntArg(info, 1), IntArg(info, 2));
  return Napi::Number::New(info.Env(), self->number());
}

// (event, ms | negative)
Napi::Value LibEvent::AddNapi(const Napi::CallbackInfo& info) {
  This(info).Add(NumberArg(info, 1));
  return info.Env().Undefined();
}

Napi::Value LibEvent::DelNapi(const Napi::CallbackInfo& info) {
  This(info).Del();
  return info.Env().Undefined();
}

// (event, what)
Napi::Value LibEvent::ActiveNapi(const Napi::CallbackInfo& info) {
  event_active(This(info).m_event, IntArg(info, 1), 1);
  return info.Env().Undefined();
}

// (event, what) -> mask
Napi::Value LibEvent::PendingNapi(const Napi::CallbackInfo& info) {
  const int pending = event_pending(This(info).m_event, static_cast<short>(IntArg(info, 1)), nullptr);
  return Napi::Number::New(info.Env(), pending);
}

// (event, priority)
Napi::Value LibEvent::PrioritySetNapi(const Napi::CallbackInfo& info) {
  LibEvent& self = This(info);
  if (event_priority_set(self.m_event, IntArg(info, 1)) != 0) {
    ThrowEventError(self.env(), code::kState,
                    "event_priority_set failed: the event is active, or the base has no such priority");
  }
  return info.Env().Undefined();
}

Napi::Value LibEvent::GetPriorityNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), event_get_priority(This(info).m_event));
}

void LibEvent::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<New>(env, exports, "libEventNew", state);
  ExportFunction<AddNapi>(env, exports, "libEventAdd", state);
  ExportFunction<DelNapi>(env, exports, "libEventDel", state);
  ExportFunction<ActiveNapi>(env, exports, "libEventActive", state);
  ExportFunction<PendingNapi>(env, exports, "libEventPending", state);
  ExportFunction<PrioritySetNapi>(env, exports, "libEventPrioritySet", state);
  ExportFunction<GetPriorityNapi>(env, exports, "libEventGetPriority", state);
}

}  // namespace bitcoin_support
