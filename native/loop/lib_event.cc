#include "loop/lib_event.h"

#include <event2/event_struct.h>
#include <fcntl.h>
#include <poll.h>
#include <uv.h>

#include <cerrno>
#include <cstdlib>
#include <new>
#include <utility>

#include "loop/shares.h"
#include "loop/signal_claim.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/handle_exports.h"
#include "napi/shared_constants.h"
#include "secure/memory_cleanse.h"
#include "secure/purge.h"

namespace bitcoin_support {
namespace {

constexpr int kIoEvents = EV_READ | EV_WRITE | EV_CLOSED;
constexpr int kAllEvents = EV_TIMEOUT | EV_READ | EV_WRITE | EV_SIGNAL | EV_CLOSED;

LibEvent& This(const Napi::CallbackInfo& info) { return Environment::From(info).Get<LibEvent>(info[0]); }

}  // namespace

LibEvent::LibEvent(EventBase& base, int fd, int what, std::optional<CCallback> callback)
    : BaseChild(base, base.env().type_for(kKind), kKind),
      m_ends_when_delivered((what & EV_SIGNAL) != 0 && (what & EV_PERSIST) == 0),
      m_callback(callback),
      m_context(base.env().napi(), callback ? nullptr : "LibEvent"),
      m_event(static_cast<event*>(std::calloc(1, event_get_struct_event_size()))) {
  if (m_event == nullptr) throw std::bad_alloc();
  // Without EV_PERSIST libevent would delete the event before it calls back, outside a ForeignHandlerGuard.
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
  // After the finalizer libevent no longer uses the event.
  if (m_life == Life::kLive) Del();
  MemoryCleanse(m_event, event_get_struct_event_size());
  std::free(m_event);
}

LibEvent* LibEvent::Of(const event* ev) {
  return event_get_callback(ev) == OnEvent ? static_cast<LibEvent*>(event_get_callback_arg(ev)) : nullptr;
}

void LibEvent::Dispose() {
  if (!live()) return;
  CloseShare();
  ForgetDescriptor();
  if (m_life == Life::kFinalizing) {
    // libevent will still call the finalizer, which frees it.
    RetireChild();
    return;
  }
  Del();
  RetireChild();
  // Its own callback may be on the stack, or, for a signal, libevent's loop over its deliveries.
  base().WhenIdle([this] { delete this; });
}

void LibEvent::CheckNotFinalizing() const {
  if (m_life != Life::kLive) ThrowEventError(env(), code::kState, "the event is being finalized");
}

// The kernel has one entry for a descriptor: whichever event is added last would decide for all of them.
void LibEvent::CheckNotMixed() {
  const int fd = event_get_fd(m_event);
  const int edge = event_get_events(m_event) & EV_ET;
  EventBase::Watchers& watchers = base().ObtainWatchers(fd);
  for (const LibEvent* const other : edge != 0 ? watchers.level : watchers.edge) {
    if (event_pending(other->m_event, kIoEvents, nullptr) != 0) {
      ThrowEventError(
          env(), code::kState,
          "descriptor " + std::to_string(fd) +
              " has an event that is edge-triggered and one that is not: EV_ET goes for all or none");
    }
  }
  if (m_knows_descriptor) return;
  (edge != 0 ? watchers.edge : watchers.level).insert(this);
  m_knows_descriptor = true;
}

void LibEvent::ForgetDescriptor() {
  if (!m_knows_descriptor) return;
  m_knows_descriptor = false;
  base().RemoveWatcher(event_get_fd(m_event), *this);
}

void LibEvent::Add(double ms) {
  CheckNotFinalizing();
  const int fd = event_get_fd(m_event);
  const int what = event_get_events(m_event);
  if ((what & kIoEvents) != 0 && fcntl(fd, F_GETFD) == -1) {
    ThrowSystemError(env(), code::kLibevent, "event_add", errno, "descriptor " + std::to_string(fd));
  }
  if ((what & kIoEvents) != 0) CheckNotMixed();
  const PurgeAside aside((what & EV_SIGNAL) != 0 ? fd : 0);
  if ((what & EV_SIGNAL) != 0 && !m_holds_signal) {
    int error = 0;
    switch (ClaimSignal(base(), fd, error)) {
      case SignalClaim::kGranted:
        m_holds_signal = true;
        break;
      case SignalClaim::kOtherBase:
        ThrowEventError(env(), code::kSignal,
                        "another base has signal events: libevent delivers signals to one base");
      case SignalClaim::kForeign:
        ThrowEventError(env(), code::kSignal,
                        "signal " + std::to_string(fd) +
                            " has a handler that is neither Node's process.on() nor libevent's, and it would "
                            "be replaced");
      case SignalClaim::kRefused:
        // Without an error of libuv's, event_add() fails below and sets errno.
        if (error != 0 && error != UV_EINVAL) {
          ThrowSystemError(env(), code::kLibevent, "uv_signal_start", -error, "signal " + std::to_string(fd));
        }
        break;
    }
  }
  auto timeout = TimevalFromMs(ms);
  if (timeout) timeout = base().common_timeouts().CommonIfKnown(base().base(), *timeout);
  errno = 0;
  if (event_add(m_event, timeout ? &*timeout : nullptr) != 0) {
    const int error = errno;
    ReleaseSignalClaim();
    if (error == 0) ThrowEventError(env(), code::kLibevent, "event_add failed");
    const char* const kind = (what & EV_SIGNAL) != 0 ? "signal " : "descriptor ";
    ThrowSystemError(env(), code::kLibevent, "event_add", error, kind + std::to_string(fd));
  }
  if (m_holds_signal) SettleSignal(fd);
  // event_add() makes an event inactive that was active because of its timeout.
  if (m_activated_with != 0) event_active(m_event, m_activated_with, 1);
}

void LibEvent::Del() {
  m_deliveries = 0;
  m_activated_with = 0;
  if (!m_holds_signal) {
    event_del(m_event);
    return;
  }
  const PurgeAside aside(event_get_fd(m_event));
  const ForeignHandlerGuard guard(event_get_fd(m_event));
  event_del(m_event);
  // event_del() in a signal callback leaves ev_pncalls pointing into libevent's stack. Reset it, or the next
  // deletion writes there.
  m_event->ev_.ev_signal.ev_ncalls = 0;
  m_event->ev_.ev_signal.ev_pncalls = nullptr;
  ReleaseSignalClaim();
}

void LibEvent::ReleaseSignalClaim() {
  if (!m_holds_signal) return;
  m_holds_signal = false;
  ReleaseSignal(base(), event_get_fd(m_event));
}

void LibEvent::CountDelivery() {
  CheckNotFinalizing();
  ++m_deliveries;
  Active(EV_SIGNAL);
}

// If the timeout fires before the callback runs, libevent reports EV_TIMEOUT alone. So `what` is kept here.
void LibEvent::Active(int what) {
  m_activated_with |= static_cast<short>(what);
  event_active(m_event, what, 1);
}

// What of the event's conditions is true now: libevent reports the timeout alone when that comes first.
short LibEvent::ReadyNow() const {
  const short wanted = event_get_events(m_event);
  if ((wanted & kIoEvents) == 0) return 0;
  pollfd ask{event_get_fd(m_event), 0, 0};
  if ((wanted & EV_READ) != 0) ask.events |= POLLIN;
  if ((wanted & EV_WRITE) != 0) ask.events |= POLLOUT;
#if defined(POLLRDHUP)
  if ((wanted & EV_CLOSED) != 0) ask.events |= POLLRDHUP;
#endif
  if (poll(&ask, 1, 0) <= 0 || (ask.revents & POLLNVAL) != 0) return 0;
  short ready = 0;
  // libevent's epoll backend maps the flags in the same way.
  if ((ask.revents & (POLLIN | POLLHUP | POLLERR)) != 0) ready |= EV_READ;
  if ((ask.revents & (POLLOUT | POLLHUP | POLLERR)) != 0) ready |= EV_WRITE;
#if defined(POLLRDHUP)
  if ((ask.revents & POLLRDHUP) != 0) ready |= EV_CLOSED;
#endif
  ready &= wanted;
  return static_cast<short>(ready == 0 ? 0 : ready | (wanted & EV_ET));
}

uint64_t LibEvent::Share() {
  CheckNotFinalizing();
  if (m_share != nullptr) return m_token;
  // From another thread libevent would wait for a signal's callback that is running.
  if ((event_get_events(m_event) & EV_SIGNAL) != 0) {
    ThrowEventError(env(), code::kState, "a signal event cannot be shared with other threads");
  }
  auto share = std::make_shared<EventShare>(*this, base().ObtainWaker());
  m_token = RegisterShare(share);
  m_share = std::move(share);
  return m_token;
}

void LibEvent::CloseShare() {
  if (m_share == nullptr) return;
  m_share->Close();
  m_share.reset();
}

void LibEvent::Finalize() {
  CheckNotFinalizing();
  CloseShare();
  ForgetDescriptor();
  Del();
  m_life = Life::kFinalizing;
  event_finalize(0, m_event, OnFinalize);
}

void LibEvent::OnFinalize(event*, void* arg) {
  auto* const self = static_cast<LibEvent*>(arg);
  self->m_life = Life::kFinalized;
  // The handle was disposed before, or its base is being freed.
  if (!self->live()) {
    delete self;
    return;
  }
  const EventBase::BusyScope busy(self->base());
  self->env().callbacks().Call(self->base(), JsCallback::kEvent,
                               {self->slot(), static_cast<double>(kEventFinalized)}, &self->m_context);
  const Environment::EndScope ends(self->env(), EndReason::kFinalized);
  self->Dispose();
}

void LibEvent::CallBack(short what) {
  const bool pending = event_pending(m_event, kAllEvents, nullptr) != 0;
  env().callbacks().Call(base(), JsCallback::kEvent,
                         {slot(), static_cast<double>((what & 0xffff) | (pending ? kStillPending : 0))},
                         &m_context);
}

void LibEvent::OnEvent(evutil_socket_t fd, short what, void* arg) {
  LibEvent& self = *static_cast<LibEvent*>(arg);
  if (!self.live()) return;
  EventBase& base = self.base();
  const EventBase::BusyScope busy(base);
  if (what == EV_TIMEOUT) what |= self.ReadyNow();
  what |= std::exchange(self.m_activated_with, 0);
  if (self.m_ends_when_delivered) self.Del();
  if (self.m_callback) {
    self.m_callback->function(fd, what, self.m_callback->arg);
    base.CountNativeCallback();
    return;
  }
  if (self.m_deliveries == 0) {
    self.CallBack(what);
    return;
  }
  // Calls back once for each delivery, as libevent does, until the event is deleted or the loop broken.
  while (self.m_deliveries > 0) {
    --self.m_deliveries;
    self.CallBack(what);
    if (!self.live() || event_base_got_break(base.base()) != 0) return;
  }
}

// (base, fd, what)
Napi::Value LibEvent::NewNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  auto* const self = new LibEvent(base, IntArg(info, 1), IntArg(info, 2));
  return Napi::Number::New(info.Env(), self->number());
}

// (base, fd, what, function, arg)
Napi::Value LibEvent::NewInCNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  const CCallback callback{FunctionArg<event_callback_fn>(info, 3), AddressArg(info, 4)};
  auto* const self = new LibEvent(base, IntArg(info, 1), IntArg(info, 2), callback);
  return Napi::Number::New(info.Env(), self->number());
}

Napi::Value LibEvent::RemoveTimerNapi(const Napi::CallbackInfo& info) {
  event_remove_timer(This(info).m_event);
  return info.Env().Undefined();
}

// (event) -> ms since 1970, undefined without a timeout
Napi::Value LibEvent::PendingUntilNapi(const Napi::CallbackInfo& info) {
  const event* const ev = This(info).m_event;
  timeval due{};
  // One that is active because its time has come counts as pending, but has no time any more.
  if ((ev->ev_evcallback.evcb_flags & EVLIST_TIMEOUT) == 0 || event_pending(ev, EV_TIMEOUT, &due) == 0) {
    return info.Env().Undefined();
  }
  return Napi::Number::New(info.Env(),
                           static_cast<double>(due.tv_sec) * 1000 + static_cast<double>(due.tv_usec) / 1000);
}

Napi::Value LibEvent::FinalizeNapi(const Napi::CallbackInfo& info) {
  This(info).Finalize();
  return info.Env().Undefined();
}

Napi::Value LibEvent::CountDeliveryNapi(const Napi::CallbackInfo& info) {
  This(info).CountDelivery();
  return info.Env().Undefined();
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
  LibEvent& self = This(info);
  self.CheckNotFinalizing();
  self.Active(IntArg(info, 1));
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
  ExportFunction<NewNapi>(env, exports, "libEventNew", state);
  ExportFunction<NewInCNapi>(env, exports, "libEventNewInC", state);
  ExportFunction<RemoveTimerNapi>(env, exports, "libEventRemoveTimer", state);
  ExportFunction<PendingUntilNapi>(env, exports, "libEventPendingUntil", state);
  ExportFunction<FinalizeNapi>(env, exports, "libEventFinalize", state);
  ExportFunction<CountDeliveryNapi>(env, exports, "libEventCountDelivery", state);
  ExportFunction<AddNapi>(env, exports, "libEventAdd", state);
  ExportFunction<DelNapi>(env, exports, "libEventDel", state);
  ExportFunction<ActiveNapi>(env, exports, "libEventActive", state);
  ExportFunction<PendingNapi>(env, exports, "libEventPending", state);
  ExportFunction<PrioritySetNapi>(env, exports, "libEventPrioritySet", state);
  ExportFunction<GetPriorityNapi>(env, exports, "libEventGetPriority", state);
}

template void ExportHandleType<LibEvent>(Napi::Env, Napi::Object, Environment&);

}  // namespace bitcoin_support
