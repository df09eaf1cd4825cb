#include "net/buffer_event.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/util.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "buffers/memory_block.h"
#include "buffers/shared_bytes.h"
#include "napi/arguments.h"
#include "napi/byte_source.h"
#include "napi/byte_span.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/handle_exports.h"
#include "napi/list.h"
#include "net/buffer_event_host.h"
#include "net/buffer_transfer.h"
#include "net/direct_io.h"
#include "net/held_writes.h"
#include "net/lookup_error.h"
#include "net/no_delay.h"

namespace bitcoin_support {
namespace {

constexpr int kBoth = EV_READ | EV_WRITE;

// Release() closes the descriptor: see the class.
int OptionsForLibevent(int options) { return options & ~BEV_OPT_CLOSE_ON_FREE; }

int MaskArg(const Napi::CallbackInfo& info, size_t index, int allowed) {
  const int mask = IntArg(info, index);
  if ((mask & ~allowed) != 0) ThrowRangeError(info.Env(), "no such bits");
  return mask;
}

int OptionsArg(const Napi::CallbackInfo& info, size_t index) {
  const int options = MaskArg(
      info, index,
      BEV_OPT_CLOSE_ON_FREE | BEV_OPT_THREADSAFE | BEV_OPT_DEFER_CALLBACKS | BEV_OPT_UNLOCK_CALLBACKS);
  if ((options & (BEV_OPT_UNLOCK_CALLBACKS | BEV_OPT_DEFER_CALLBACKS)) == BEV_OPT_UNLOCK_CALLBACKS) {
    ThrowRangeError(info.Env(), "only callbacks that are put off can run unlocked");
  }
  return options;
}

}  // namespace

BufferEvent::BufferEvent(EventBase& base, int fd, int options)
    : BaseChild(base, base.env().type_for(kKind), kKind),
      m_context(env().napi(), "BufferEvent"),
      m_type(Type::kSocket),
      m_close_on_free((options & BEV_OPT_CLOSE_ON_FREE) != 0),
      m_may_defer((options & BEV_OPT_DEFER_CALLBACKS) != 0) {
  if (fd >= 0) BufferEventSocket::CheckDescriptor(*this, fd);
  base.CheckRoomFor(fd, "bufferevent_socket_new");
  m_bev = bufferevent_socket_new(base.base(), fd, OptionsForLibevent(options));
  if (m_bev == nullptr) ThrowEventError(env(), code::kLibevent, "bufferevent_socket_new failed");
  UseLargePieces(m_bev);
  m_socket.emplace(*this, fd >= 0);
  SetCallbacks(0);
  ChooseIo();
}

BufferEvent::BufferEvent(EventBase& base, bufferevent* bev, int options)
    : BaseChild(base, base.env().type_for(kKind), kKind),
      m_context(env().napi(), "BufferEvent"),
      m_type(Type::kPair),
      m_close_on_free((options & BEV_OPT_CLOSE_ON_FREE) != 0),
      m_may_defer(true),
      m_bev(bev) {}

BufferEvent::BufferEvent(BufferEvent& underlying, bool filters_input, bool filters_output, int options)
    : BaseChild(underlying.base(), underlying.base().env().type_for(kKind), kKind),
      m_context(env().napi(), "BufferEvent"),
      m_type(Type::kFilter),
      m_close_on_free((options & BEV_OPT_CLOSE_ON_FREE) != 0),
      m_may_defer((options & BEV_OPT_DEFER_CALLBACKS) != 0),
      m_underlying(&underlying) {
  auto filter = std::make_unique<BufferEventFilter>(filters_input, filters_output);
  m_bev = BufferEventFilter::New(underlying.m_bev, OptionsForLibevent(options), filter.get());
  if (m_bev == nullptr) ThrowEventError(env(), code::kLibevent, "bufferevent_filter_new failed");
  m_filter = filter.release();
  m_filter->set_owner(this);
  underlying.m_over = this;
  underlying.m_callbacks = 0;
  underlying.UpdateTimers(EV_READ);
  if (underlying.m_socket) underlying.m_socket->StopIdleWriting();
}

BufferEvent::BufferEvent(EventBase& base, BufferEventHost& host)
    : BaseChild(base, base.env().type_for(kKind), kKind),
      m_context(env().napi(), "BufferEvent"),
      m_type(Type::kView),
      m_close_on_free(false),
      m_may_defer(true),
      m_host(&host) {}

BufferEvent::~BufferEvent() = default;

BufferEvent& BufferEvent::NewPair(EventBase& base, int options) {
  bufferevent* pair[2];
  if (bufferevent_pair_new(base.base(), OptionsForLibevent(options), pair) != 0) {
    ThrowEventError(base.env(), code::kLibevent, "bufferevent_pair_new failed");
  }
  auto* const first = new BufferEvent(base, pair[0], options);
  first->m_second = pair[1];
  return *first;
}

BufferEvent& BufferEvent::Second() {
  if (m_second == nullptr) ThrowEventError(env(), code::kState, "the second of the pair has been made");
  auto* const second = new BufferEvent(base(), m_second, m_close_on_free ? BEV_OPT_CLOSE_ON_FREE : 0);
  m_second = nullptr;
  m_partner = second;
  second->m_partner = this;
  return *second;
}

bufferevent* BufferEvent::bev() const { return m_host == nullptr ? m_bev : m_host->stream(); }

void BufferEvent::Dispose() {
  if (!live()) return;
  const EventBase::BusyScope busy(base());
  if (m_over != nullptr) m_over->Dispose();
  if (!live()) return;  // the filter owned this one
  m_input.Invalidate();
  m_output.Invalidate();
  if (m_held_writes != nullptr) m_held_writes->Forget();
  if (m_socket) m_socket->Close();
  if (m_filter != nullptr) m_filter->set_owner(nullptr);
  if (m_partner != nullptr) m_partner->m_partner = nullptr;
  BufferEvent* const underlying = std::exchange(m_underlying, nullptr);
  if (underlying != nullptr) underlying->m_over = nullptr;
  m_timers.reset();
  // The limits end with a view, too; its connection goes on.
  m_limits.Clear();
  if (m_type == Type::kView) std::exchange(m_host, nullptr)->ForgetView();
  RetireChild();
  // Not in WhenIdle(): a blocking loop may run for long.
  Release();
  base().WhenIdle([this] { delete this; });
  if (underlying == nullptr) return;
  if (m_close_on_free) {
    underlying->Dispose();
  } else {
    underlying->UpdateTimers(EV_READ);
  }
}

// Leaves libevent an empty shell: see the class. A callback of this bufferevent may be on the stack: libevent
// keeps what it frees until a later turn.
void BufferEvent::Release() {
  for (bufferevent* const bev : {m_bev, m_second}) {
    if (bev == nullptr) continue;
    bufferevent_setcb(bev, nullptr, nullptr, nullptr, nullptr);
    bufferevent_disable(bev, kBoth);
    int fd = -1;
    if (m_socket) {
      fd = bufferevent_getfd(bev);
      bufferevent_setfd(bev, -1);
    }
    evbuffer_unfreeze(bufferevent_get_output(bev), 1);
    for (evbuffer* const buffer : {bufferevent_get_input(bev), bufferevent_get_output(bev)}) {
      evbuffer_drain(buffer, evbuffer_get_length(buffer));
    }
    bufferevent_free(bev);
    if (fd >= 0 && m_close_on_free) close(fd);
  }
}

void BufferEvent::SetCallbacks(int mask) {
  if (m_over != nullptr) {
    ThrowEventError(env(), code::kState, "a filter lies over it: the callbacks are the filter's");
  }
  m_callbacks = mask;
  // A socket's state depends on the events.
  const bool wants_events = (mask & EV_TIMEOUT) != 0 || m_socket;
  bufferevent_setcb(m_bev, (mask & EV_READ) != 0 ? OnRead : nullptr,
                    (mask & EV_WRITE) != 0 ? OnWrite : nullptr, wants_events ? OnEvent : nullptr, this);
}

void BufferEvent::Enable(int what) {
  const EventBase::BusyScope busy(base());
  const int fd = m_socket ? bufferevent_getfd(m_bev) : -1;
  errno = 0;
  if ((fd >= 0 && fcntl(fd, F_GETFD) == -1) || bufferevent_enable(m_bev, static_cast<short>(what)) != 0) {
    if (errno == 0) ThrowEventError(env(), code::kLibevent, "bufferevent_enable failed");
    ThrowSystemError(env(), code::kLibevent, "bufferevent_enable", errno, "descriptor " + std::to_string(fd));
  }
  UpdateTimers(static_cast<short>(what));
  if ((what & EV_WRITE) != 0 && m_socket) m_socket->StopIdleWriting();
}

void BufferEvent::Disable(int what) {
  const EventBase::BusyScope busy(base());
  bufferevent_disable(m_bev, static_cast<short>(what));
  UpdateTimers(0);
}

void BufferEvent::SetTimeouts(const std::optional<timeval>& read, const std::optional<timeval>& write) {
  if (m_type == Type::kFilter || m_type == Type::kPair) {
    if (m_timers == nullptr) {
      m_timers = std::make_unique<StallTimers>(m_bev, OnStalled<EV_READ, BEV_EVENT_READING>,
                                               OnStalled<EV_WRITE, BEV_EVENT_WRITING>, this);
      UpdateTimers(0);
    }
    m_timers->Set(read, write);
  } else if (bufferevent_set_timeouts(bev(), read ? &*read : nullptr, write ? &*write : nullptr) != 0) {
    ThrowEventError(env(), code::kLibevent, "bufferevent_set_timeouts failed");
  }
}

// `what`: the directions that have been enabled. While a filter does not read, libevent suspends reading in
// the bufferevent under it.
void BufferEvent::UpdateTimers(short what) {
  if (m_underlying != nullptr) m_underlying->UpdateTimers(what & EV_READ);
  if (m_timers == nullptr) return;
  m_timers->SetReadingSuspended(m_over != nullptr && (bufferevent_get_enabled(m_over->m_bev) & EV_READ) == 0);
  m_timers->Update(what);
}

// Disables the direction and reports the timeout, as libevent does for a socket.
template <short kDirection, short kEvent>
void BufferEvent::OnStalled(evutil_socket_t, short, void* arg) {
  BufferEvent& self = *static_cast<BufferEvent*>(arg);
  const EventBase::BusyScope busy(self.base());
  self.Disable(kDirection);
  bufferevent_trigger_event(self.m_bev, kEvent | BEV_EVENT_TIMEOUT, 0);
}

// A deferred callback is in libevent's queue of the old priority; after a change libevent would look for it
// in the queue of the new one.
void BufferEvent::SetPriority(int priority) {
  if (!m_socket) {
    ThrowEventError(env(), code::kState, "only a socket's bufferevent has a priority of its own");
  }
  if (priority >= event_base_get_npriorities(base().base())) {
    ThrowEventError(env(), code::kState, "the base has no such priority");
  }
  if (m_may_defer && priority != bufferevent_get_priority(m_bev) &&
      event_base_get_num_events(base().base(), EVENT_BASE_COUNT_ACTIVE) > 0) {
    ThrowEventError(env(), code::kState, "callbacks of it may be waiting: set its priority before");
  }
  if (bufferevent_priority_set(m_bev, priority) != 0) {
    ThrowEventError(env(), code::kState, "bufferevent_priority_set failed: it is active");
  }
}

void BufferEvent::Write(napi_value bytes) {
  const EventBase::BusyScope busy(base());
  env().State<SharedBytes>().Append(ByteSource(env().napi(), bytes), bufferevent_get_output(m_bev));
  if (m_socket) m_socket->WriteSoon();
}

void BufferEvent::OnRead(bufferevent*, void* arg) {
  BufferEvent& self = *static_cast<BufferEvent*>(arg);
  if (!self.live()) return;
  const EventBase::BusyScope busy(self.base());
  if (!self.m_socket || !self.m_socket->connected() || self.limited()) {
    self.CallBack(JsCallback::kBufferRead);
    return;
  }
  HeldWrites held(self.base(), self.m_bev, self.m_held_writes);
  self.CallBack(JsCallback::kBufferRead);
  // Send the answer before the next connection is read from. The answers of a whole turn together take more
  // memory than the heap keeps and caches hold.
  held.Send();
}

void BufferEvent::EndHeldWrites() {
  if (m_held_writes != nullptr) m_held_writes->GiveUp();
}

void BufferEvent::OnWrite(bufferevent*, void* arg) {
  BufferEvent& self = *static_cast<BufferEvent*>(arg);
  if (!self.live()) return;
  const EventBase::BusyScope busy(self.base());
  self.CallBack(JsCallback::kBufferWrite);
}

void BufferEvent::CallBack(JsCallback which) { env().callbacks().Call(base(), which, {slot()}, &m_context); }

void BufferEvent::OnEvent(bufferevent*, short what, void* arg) {
  const int error = (what & BEV_EVENT_ERROR) != 0 ? errno : 0;
  BufferEvent& self = *static_cast<BufferEvent*>(arg);
  if (!self.live()) return;
  if (self.m_socket) self.m_socket->OnEvent(what);
  if ((self.m_callbacks & EV_TIMEOUT) != 0) self.CallBackForEvent(what, error);
}

void BufferEvent::CallBackForEvent(short what, int error) {
  const EventBase::BusyScope busy(base());
  const int dns_error = m_socket ? m_socket->dns_error() : 0;
  env().callbacks().Call(base(), JsCallback::kBufferEvent,
                         {slot(), static_cast<double>(static_cast<unsigned short>(what)),
                          static_cast<double>(error), static_cast<double>(dns_error)},
                         &m_context);
}

void BufferEvent::ChooseIo() {
  if (limited()) {
    UseLibeventIo(bev());
  } else if (m_socket && m_socket->connected()) {
    UseDirectIo(m_bev, Pieces::kJoined);
  }
}

EvBuffer::Use BufferEvent::use() const {
  return m_type == Type::kView ? EvBuffer::Use::kReadOnly : EvBuffer::Use::kFree;
}

BufferEvent& BufferEvent::ThisKeepingHeldWrites(const Napi::CallbackInfo& info) {
  return Environment::From(info).Get<BufferEvent>(info[0]);
}

BufferEvent& BufferEvent::This(const Napi::CallbackInfo& info) {
  BufferEvent& self = ThisKeepingHeldWrites(info);
  self.EndHeldWrites();
  return self;
}

BufferEvent& BufferEvent::Own(const Napi::CallbackInfo& info) {
  BufferEvent& self = OwnKeepingHeldWrites(info);
  self.EndHeldWrites();
  return self;
}

BufferEvent& BufferEvent::OwnKeepingHeldWrites(const Napi::CallbackInfo& info) {
  BufferEvent& self = ThisKeepingHeldWrites(info);
  if (self.m_type == Type::kView) {
    ThrowEventError(self.env(), code::kState,
                    "the bufferevent is an HTTP connection's, which alone works with it");
  }
  return self;
}

BufferEventSocket& BufferEvent::Socket(const Napi::CallbackInfo& info) {
  BufferEvent& self = Own(info);
  if (!self.m_socket) ThrowEventError(self.env(), code::kState, "the bufferevent is no socket's");
  return *self.m_socket;
}

BufferEvent& BufferEvent::SocketOrView(const Napi::CallbackInfo& info) {
  BufferEvent& self = This(info);
  if (!self.m_socket && self.m_type != Type::kView) {
    ThrowEventError(self.env(), code::kState, "only a socket's bufferevent is limited");
  }
  return self;
}

BufferEventLimits& BufferEvent::Limits(const Napi::CallbackInfo& info) { return SocketOrView(info).m_limits; }

// (base, descriptor | -1, options)
Napi::Value BufferEvent::SocketNewNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  const int fd = IntArg(info, 1);
  const int options = OptionsArg(info, 2);
  return Napi::Number::New(info.Env(), (new BufferEvent(base, std::max(fd, -1), options))->number());
}

// (base, options) -> the first
Napi::Value BufferEvent::PairNewNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  return Napi::Number::New(info.Env(), NewPair(base, OptionsArg(info, 1)).number());
}

// (the first) -> the second, once
Napi::Value BufferEvent::PairSecondNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), This(info).Second().number());
}

// (underlying, filters input, filters output, options)
Napi::Value BufferEvent::FilterNewNapi(const Napi::CallbackInfo& info) {
  BufferEvent& underlying = Own(info);
  const bool input = BoolArg(info, 1);
  const bool output = BoolArg(info, 2);
  const int options = OptionsArg(info, 3);
  if (underlying.m_over != nullptr) {
    ThrowEventError(underlying.env(), code::kState, "a filter lies over it already");
  }
  const EventBase::BusyScope busy(underlying.base());
  return Napi::Number::New(info.Env(), (new BufferEvent(underlying, input, output, options))->number());
}

// (filter) -> what its function is to work on; undefined when none is under way
Napi::Value BufferEvent::FilterSourceNapi(const Napi::CallbackInfo& info) {
  const BufferEvent& self = This(info);
  return self.m_filter == nullptr ? info.Env().Undefined() : self.m_filter->Source(info.Env());
}

// (filter, bytes used, bytes made | undefined)
Napi::Value BufferEvent::FilterResultNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = This(info);
  const auto consumed = static_cast<size_t>(ByteLimitArg(info, 1));
  // Throws a TypeError before anything has changed.
  {
    const ByteSource checked(info.Env(), info[2]);
  }
  if (self.m_filter == nullptr) return info.Env().Undefined();
  const EventBase::BusyScope busy(self.base());
  self.m_filter->SetResult(info.Env(), consumed, info[2]);
  return info.Env().Undefined();
}

// (bufferevent, EV_READ, EV_WRITE and EV_TIMEOUT for those that JavaScript has)
Napi::Value BufferEvent::SetcbNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Own(info);
  self.SetCallbacks(MaskArg(info, 1, kBoth | EV_TIMEOUT));
  return info.Env().Undefined();
}

// (bufferevent, EV_READ | EV_WRITE)
Napi::Value BufferEvent::EnableNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Own(info);
  const int what = MaskArg(info, 1, kBoth);
  BufferTransfer transfer(self.base());
  self.Enable(what);
  return transfer.End(info.Env().Undefined());
}

// (bufferevent, EV_READ | EV_WRITE)
Napi::Value BufferEvent::DisableNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Own(info);
  self.Disable(MaskArg(info, 1, kBoth));
  return info.Env().Undefined();
}

Napi::Value BufferEvent::GetEnabledNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), bufferevent_get_enabled(This(info).bev()));
}

// (bufferevent) -> EVUTIL_EAI_* of the last lookup
Napi::Value BufferEvent::GetDnsErrorNapi(const Napi::CallbackInfo& info) {
  const BufferEvent& self = Own(info);
  return Napi::Number::New(info.Env(), self.m_socket ? EaiOfLookup(self.m_socket->dns_error()) : 0);
}

// (bufferevent) -> view
Napi::Value BufferEvent::GetInputNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = ThisKeepingHeldWrites(info);
  evbuffer* const input = bufferevent_get_input(self.bev());
  const EvBuffer& view = self.m_input.Get(self.env(), &self.base(), input, self.use());
  return Napi::Number::New(info.Env(), view.number());
}

// (bufferevent) -> view
Napi::Value BufferEvent::GetOutputNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = ThisKeepingHeldWrites(info);
  evbuffer* const output = bufferevent_get_output(self.bev());
  const EvBuffer& view = self.m_output.Get(self.env(), &self.base(), output, self.use());
  return Napi::Number::New(info.Env(), view.number());
}

// (bufferevent, string or bytes)
Napi::Value BufferEvent::WriteNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = OwnKeepingHeldWrites(info);
  BufferTransfer transfer(self.base());
  self.Write(info[1]);
  return transfer.End(info.Env().Undefined());
}

// (bufferevent, buffer)
Napi::Value BufferEvent::WriteBufferNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = OwnKeepingHeldWrites(info);
  EvBuffer& buffer = Environment::From(info).Get<EvBuffer>(info[1]);
  buffer.CheckMayChange();
  const EventBase::BusyScope busy(self.base());
  EvBuffer::Operation operation(buffer);
  if (bufferevent_write_buffer(self.m_bev, buffer.buffer()) != 0) {
    ThrowEventError(self.env(), code::kState, "the buffer is frozen at its start");
  }
  if (self.live() && self.m_socket) self.m_socket->WriteSoon();
  return operation.End(info.Env().Undefined());
}

// (bufferevent, bytes, offset, most | negative for what has room) -> how many were written there; negative
// when there is no room for so many: then nothing has been taken
Napi::Value BufferEvent::ReadNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = OwnKeepingHeldWrites(info);
  const auto bytes = ByteSpan::OfUnsharedBytes(info.Env(), info[1]);
  if (!bytes) ThrowTypeError(info.Env(), "bytes must be a Uint8Array of memory that is not shared");
  const auto offset = static_cast<size_t>(ByteLimitArg(info, 2));
  const size_t room = bytes->size - std::min(offset, bytes->size);
  const size_t most = NumberArg(info, 3) < 0 ? room : static_cast<size_t>(ByteLimitArg(info, 3));
  evbuffer* const input = bufferevent_get_input(self.m_bev);
  const size_t size = std::min(most, evbuffer_get_length(input));
  const auto count = static_cast<double>(size);
  if (size > room) return Napi::Number::New(info.Env(), -count);
  if (size == 0) return Napi::Number::New(info.Env(), 0);
  BufferTransfer transfer(self.base());
  // Not evbuffer_remove(), which returns the number of bytes in an int.
  evbuffer_copyout(input, bytes->data + offset, size);
  evbuffer_drain(input, size);
  return transfer.End(Napi::Number::New(info.Env(), count));
}

// (bufferevent, most) -> a Buffer
Napi::Value BufferEvent::TakeNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = OwnKeepingHeldWrites(info);
  evbuffer* const input = bufferevent_get_input(self.m_bev);
  const size_t size = std::min(static_cast<size_t>(ByteLimitArg(info, 1)), evbuffer_get_length(input));
  BufferTransfer transfer(self.base());
  const Napi::Value bytes = MemoryBlock::BufferOf(info.Env(), input, size);
  evbuffer_drain(input, size);
  return transfer.End(bytes);
}

// (bufferevent, buffer)
Napi::Value BufferEvent::ReadBufferNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = OwnKeepingHeldWrites(info);
  EvBuffer& buffer = Environment::From(info).Get<EvBuffer>(info[1]);
  buffer.CheckMayChange();
  const EventBase::BusyScope busy(self.base());
  EvBuffer::Operation operation(buffer);
  if (bufferevent_read_buffer(self.m_bev, buffer.buffer()) != 0) {
    ThrowEventError(self.env(), code::kState, "the buffer is frozen at its end");
  }
  return operation.End(info.Env().Undefined());
}

// (bufferevent, EV_READ | EV_WRITE, options)
Napi::Value BufferEvent::TriggerNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Own(info);
  const int what = MaskArg(info, 1, kBoth);
  const int options = MaskArg(info, 2, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
  self.NoteDeferral(options);
  BufferTransfer transfer(self.base());
  bufferevent_trigger(self.m_bev, static_cast<short>(what), options);
  return transfer.End(info.Env().Undefined());
}

// (bufferevent, BEV_EVENT_*, options)
Napi::Value BufferEvent::TriggerEventNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Own(info);
  const int what = MaskArg(info, 1, 0xff);
  const int options = MaskArg(info, 2, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
  self.NoteDeferral(options);
  BufferTransfer transfer(self.base());
  errno = 0;
  bufferevent_trigger_event(self.m_bev, static_cast<short>(what), options);
  return transfer.End(info.Env().Undefined());
}

// (bufferevent, EV_READ | EV_WRITE, mode) -> whether bytes were moved
Napi::Value BufferEvent::FlushNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Own(info);
  const int what = MaskArg(info, 1, kBoth);
  const int mode = IntArg(info, 2);
  if (mode < BEV_NORMAL || mode > BEV_FINISHED) ThrowRangeError(info.Env(), "no such mode");
  BufferTransfer transfer(self.base());
  const int result =
      bufferevent_flush(self.m_bev, static_cast<short>(what), static_cast<bufferevent_flush_mode>(mode));
  if (result < 0)
    ThrowEventError(self.env(), code::kState, "bufferevent_flush failed: the pair's other one is gone");
  return transfer.End(Napi::Boolean::New(info.Env(), result > 0));
}

// (bufferevent, ms | negative, ms | negative)
Napi::Value BufferEvent::SetTimeoutsNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = This(info);
  const auto read = TimevalFromMs(NumberArg(info, 1));
  const auto write = TimevalFromMs(NumberArg(info, 2));
  const EventBase::BusyScope busy(self.base());
  self.SetTimeouts(read, write);
  return info.Env().Undefined();
}

// (bufferevent, EV_READ | EV_WRITE, low, high | 0)
Napi::Value BufferEvent::SetWatermarkNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Own(info);
  const int what = IntArg(info, 1);
  const auto low = static_cast<size_t>(ByteLimitArg(info, 2));
  const auto high = static_cast<size_t>(ByteLimitArg(info, 3));
  if ((what & ~(EV_READ | EV_WRITE)) != 0) ThrowRangeError(info.Env(), "neither EV_READ nor EV_WRITE");
  // libevent calls back later for what is left beyond the mark.
  if (high > 0) self.NoteDeferral(BEV_OPT_DEFER_CALLBACKS);
  BufferTransfer transfer(self.base());
  bufferevent_setwatermark(self.m_bev, static_cast<short>(what), low, high);
  if (self.m_timers != nullptr) self.m_timers->Update(0);
  return transfer.End(info.Env().Undefined());
}

// (bufferevent, whether writing) -> [low, high]
Napi::Value BufferEvent::GetWatermarkNapi(const Napi::CallbackInfo& info) {
  size_t low = 0;
  size_t high = 0;
  BufferEvent& self = This(info);
  bufferevent_getwatermark(self.bev(), BoolArg(info, 1) ? EV_WRITE : EV_READ, &low, &high);
  return NewList(info.Env(), {Napi::Number::New(info.Env(), static_cast<double>(low)),
                              Napi::Number::New(info.Env(), static_cast<double>(high))});
}

// (bufferevent) -> descriptor | -1
Napi::Value BufferEvent::GetFdNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), bufferevent_getfd(This(info).bev()));
}

// (bufferevent, on)
Napi::Value BufferEvent::SetNoDelayNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = SocketOrView(info);
  const bool on = BoolArg(info, 1);
  const int fd = bufferevent_getfd(self.bev());
  if (fd >= 0 && !SetNoDelay(fd, on)) {
    ThrowSystemError(self.env(), code::kLibevent, "setsockopt", errno, "descriptor " + std::to_string(fd));
  }
  if (self.m_socket) self.m_socket->KeepNoDelay(on);
  return info.Env().Undefined();
}

// (bufferevent, priority)
Napi::Value BufferEvent::PrioritySetNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Own(info);
  const int priority = IntArg(info, 1);
  if (priority < 0) ThrowRangeError(info.Env(), "no priority");
  self.SetPriority(priority);
  return info.Env().Undefined();
}

Napi::Value BufferEvent::GetPriorityNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), bufferevent_get_priority(This(info).bev()));
}

// (bufferevent, whether writing, bytes | 0 for the default)
Napi::Value BufferEvent::SetMaxSingleNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = This(info);
  const bool writing = BoolArg(info, 1);
  auto bytes = static_cast<size_t>(ByteLimitArg(info, 2));
  if (bytes == 0) bytes = writing ? kMostWritten : kMostRead;
  if (writing) {
    bufferevent_set_max_single_write(self.bev(), bytes);
  } else {
    bufferevent_set_max_single_read(self.bev(), bytes);
  }
  return info.Env().Undefined();
}

// (bufferevent, whether writing) -> bytes
Napi::Value BufferEvent::GetMaxSingleNapi(const Napi::CallbackInfo& info) {
  bufferevent* const bev = This(info).bev();
  const ev_ssize_t bytes =
      BoolArg(info, 1) ? bufferevent_get_max_single_write(bev) : bufferevent_get_max_single_read(bev);
  return Napi::Number::New(info.Env(), static_cast<double>(bytes));
}

// (bufferevent, whether writing) -> bytes that the next turn may move
Napi::Value BufferEvent::GetMaxToNapi(const Napi::CallbackInfo& info) {
  bufferevent* const bev = This(info).bev();
  const ev_ssize_t bytes =
      BoolArg(info, 1) ? bufferevent_get_max_to_write(bev) : bufferevent_get_max_to_read(bev);
  return Napi::Number::New(info.Env(), static_cast<double>(bytes));
}

void BufferEvent::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<SocketNewNapi>(env, exports, "bufferEventSocketNew", state);
  ExportFunction<PairNewNapi>(env, exports, "bufferEventPairNew", state);
  ExportFunction<PairSecondNapi>(env, exports, "bufferEventPairSecond", state);
  ExportFunction<FilterNewNapi>(env, exports, "bufferEventFilterNew", state);
  ExportFunction<FilterSourceNapi>(env, exports, "bufferEventFilterSource", state);
  ExportFunction<FilterResultNapi>(env, exports, "bufferEventFilterResult", state);
  ExportFunction<SetcbNapi>(env, exports, "bufferEventSetcb", state);
  ExportFunction<EnableNapi>(env, exports, "bufferEventEnable", state);
  ExportFunction<DisableNapi>(env, exports, "bufferEventDisable", state);
  ExportFunction<GetEnabledNapi>(env, exports, "bufferEventGetEnabled", state);
  ExportFunction<GetDnsErrorNapi>(env, exports, "bufferEventGetDnsError", state);
  ExportFunction<GetInputNapi>(env, exports, "bufferEventGetInput", state);
  ExportFunction<GetOutputNapi>(env, exports, "bufferEventGetOutput", state);
  ExportFunction<WriteNapi>(env, exports, "bufferEventWrite", state);
  ExportFunction<WriteBufferNapi>(env, exports, "bufferEventWriteBuffer", state);
  ExportFunction<ReadNapi>(env, exports, "bufferEventRead", state);
  ExportFunction<TakeNapi>(env, exports, "bufferEventTake", state);
  ExportFunction<ReadBufferNapi>(env, exports, "bufferEventReadBuffer", state);
  ExportFunction<TriggerNapi>(env, exports, "bufferEventTrigger", state);
  ExportFunction<TriggerEventNapi>(env, exports, "bufferEventTriggerEvent", state);
  ExportFunction<FlushNapi>(env, exports, "bufferEventFlush", state);
  ExportFunction<SetTimeoutsNapi>(env, exports, "bufferEventSetTimeouts", state);
  ExportFunction<SetWatermarkNapi>(env, exports, "bufferEventSetWatermark", state);
  ExportFunction<GetWatermarkNapi>(env, exports, "bufferEventGetWatermark", state);
  ExportFunction<GetFdNapi>(env, exports, "bufferEventGetFd", state);
  ExportFunction<SetNoDelayNapi>(env, exports, "bufferEventSetNoDelay", state);
  ExportFunction<PrioritySetNapi>(env, exports, "bufferEventPrioritySet", state);
  ExportFunction<GetPriorityNapi>(env, exports, "bufferEventGetPriority", state);
  ExportFunction<SetMaxSingleNapi>(env, exports, "bufferEventSetMaxSingle", state);
  ExportFunction<GetMaxSingleNapi>(env, exports, "bufferEventGetMaxSingle", state);
  ExportFunction<GetMaxToNapi>(env, exports, "bufferEventGetMaxTo", state);
  BufferEventSocket::Export(env, exports, state);
  BufferEventLimits::Export(env, exports, state);
}

template void ExportHandleType<BufferEvent>(Napi::Env, Napi::Object, Environment&);

}  // namespace bitcoin_support
