#include "net/buffer_event.h"

#include <event2/buffer.h>
#include <event2/bufferevent_struct.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/util.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "buffers/append_bytes.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "net/buffer_event_host.h"
#include "net/buffer_event_rate_limit_group.h"
#include "net/direct_io.h"
#include "net/dns_lookup.h"
#include "net/ev_dns_base.h"
#include "net/held_writes.h"
#include "net/no_delay.h"

namespace bitcoin_support {
namespace {

constexpr short kBoth = EV_READ | EV_WRITE;

// Descriptors are closed here: see the class.
int OptionsForLibevent(int options) { return options & ~BEV_OPT_CLOSE_ON_FREE; }

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) != -1; }

}  // namespace

BufferEvent::BufferEvent(EventBase& base, int fd, int options)
    : BaseChild(base, base.env().type_for(kKind), kKind),
      m_context(env().napi(), "BufferEvent"),
      m_type(Type::kSocket),
      m_close_on_free((options & BEV_OPT_CLOSE_ON_FREE) != 0),
      m_connected(fd >= 0),
      m_may_defer((options & BEV_OPT_DEFER_CALLBACKS) != 0) {
  // One that blocks would stop the whole loop.
  if (fd >= 0 && (!IsOpen(fd) || evutil_make_socket_nonblocking(fd) != 0)) {
    ThrowSystemError(env(), code::kLibevent, "fcntl", errno, "descriptor " + std::to_string(fd));
  }
  base.CheckRoomFor(fd, "bufferevent_socket_new");
  m_bev = bufferevent_socket_new(base.base(), fd, OptionsForLibevent(options));
  if (m_bev == nullptr) ThrowEventError(env(), code::kLibevent, "bufferevent_socket_new failed");
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
  underlying.RestWriting();
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
  if (!live()) return;  // it owned this one
  m_input.Invalidate();
  m_output.Invalidate();
  if (m_held_writes != nullptr) m_held_writes->Forget();
  if (m_lookup != nullptr) std::exchange(m_lookup, nullptr)->Abandon();
  m_connector.reset();
  if (m_filter != nullptr) m_filter->set_owner(nullptr);
  if (m_partner != nullptr) m_partner->m_partner = nullptr;
  BufferEvent* const underlying = std::exchange(m_underlying, nullptr);
  if (underlying != nullptr) underlying->m_over = nullptr;
  m_timers.reset();
  if (m_type == Type::kView) {
    // What it was told to use ends with the view; the connection goes on.
    if (m_limit != nullptr) SetRateLimit(nullptr);
    if (m_group != nullptr) SetGroup(nullptr);
    std::exchange(m_host, nullptr)->ForgetView();
  }
  RetireChild();
  // At once: a loop that blocks may go on for long.
  Release();
  base().WhenIdle([this] { delete this; });
  if (underlying == nullptr) return;
  if (m_close_on_free) {
    underlying->Dispose();
  } else {
    underlying->UpdateTimers(EV_READ);
  }
}

// Leaves libevent an empty shell: see the class. It may be on the stack with this one, which libevent
// provides for: what it frees stays until a later turn.
void BufferEvent::Release() {
  for (bufferevent* const bev : {m_bev, m_second}) {
    if (bev == nullptr) continue;
    bufferevent_set_rate_limit(bev, nullptr);
    if (m_group != nullptr) SetGroup(nullptr);
    bufferevent_setcb(bev, nullptr, nullptr, nullptr, nullptr);
    bufferevent_disable(bev, kBoth);
    int fd = -1;
    if (m_type == Type::kSocket) {
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
  // A socket tells when it is connected, whoever wants to know.
  const bool wants_events = (mask & EV_TIMEOUT) != 0 || m_type == Type::kSocket;
  bufferevent_setcb(m_bev, (mask & EV_READ) != 0 ? OnRead : nullptr,
                    (mask & EV_WRITE) != 0 ? OnWrite : nullptr, wants_events ? OnEvent : nullptr, this);
}

void BufferEvent::Enable(int what) {
  const EventBase::BusyScope busy(base());
  const int fd = m_type == Type::kSocket ? bufferevent_getfd(m_bev) : -1;
  errno = 0;
  if ((fd >= 0 && !IsOpen(fd)) || bufferevent_enable(m_bev, static_cast<short>(what)) != 0) {
    if (errno == 0) ThrowEventError(env(), code::kLibevent, "bufferevent_enable failed");
    ThrowSystemError(env(), code::kLibevent, "bufferevent_enable", errno, "descriptor " + std::to_string(fd));
  }
  UpdateTimers(static_cast<short>(what));
  if ((what & EV_WRITE) != 0) RestWriting();
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

// `what`: the directions that have been enabled. Where a filter does not read, libevent has what it lies over
// rest.
void BufferEvent::UpdateTimers(short what) {
  if (m_underlying != nullptr) m_underlying->UpdateTimers(what & EV_READ);
  if (m_timers == nullptr) return;
  m_timers->SetReadingRests(m_over != nullptr && (bufferevent_get_enabled(m_over->m_bev) & EV_READ) == 0);
  m_timers->Update(what);
}

// Ends the direction and says so, as libevent does for a socket.
template <short kDirection, short kEvent>
void BufferEvent::OnStalled(evutil_socket_t, short, void* arg) {
  BufferEvent& self = *static_cast<BufferEvent*>(arg);
  const EventBase::BusyScope busy(self.base());
  self.Disable(kDirection);
  bufferevent_trigger_event(self.m_bev, kEvent | BEV_EVENT_TIMEOUT, 0);
}

// libevent begins to wait for the socket though there is nothing to be written, and a socket that is full
// would have its write timeout. Until it is connected, that is what bounds the connecting.
void BufferEvent::RestWriting() {
  if (m_type == Type::kSocket && !m_connecting && evbuffer_get_length(m_bev->output) == 0)
    event_del(&m_bev->ev_write);
}

namespace {

/// libevent makes a bufferevent's events anew when it is given another descriptor, and forgets what they were
/// set to.
class KeptSettings {
 public:
  explicit KeptSettings(bufferevent* bev) : m_bev(bev), m_priority(event_get_priority(&bev->ev_read)) {}
  ~KeptSettings() {
    if (event_get_priority(&m_bev->ev_read) != m_priority) {
      event_priority_set(&m_bev->ev_read, m_priority);
      event_priority_set(&m_bev->ev_write, m_priority);
    }
    evbuffer_freeze(m_bev->input, 0);
    evbuffer_freeze(m_bev->output, 1);
  }
  KeptSettings(const KeptSettings&) = delete;
  KeptSettings& operator=(const KeptSettings&) = delete;

 private:
  bufferevent* const m_bev;
  const int m_priority;
};

}  // namespace

void BufferEvent::SetFd(int fd) {
  if (m_lookup != nullptr) ThrowEventError(env(), code::kState, "a name is being looked up for it");
  if (fd >= 0 && (!IsOpen(fd) || evutil_make_socket_nonblocking(fd) != 0)) {
    ThrowSystemError(env(), code::kLibevent, "fcntl", errno, "descriptor " + std::to_string(fd));
  }
  base().CheckRoomFor(fd, "bufferevent_setfd");
  const EventBase::BusyScope busy(base());
  m_connector.reset();
  const KeptSettings kept(m_bev);
  if (bufferevent_setfd(m_bev, fd) != 0) ThrowEventError(env(), code::kLibevent, "bufferevent_setfd failed");
  m_connected = fd >= 0;
  m_connecting = false;
  ApplyNoDelay();
  RestWriting();
  ChooseIo();
}

// Before it is connected libevent's own has more to find out.
void BufferEvent::ChooseIo() {
  if (limited()) {
    UseLibeventIo(bev());
  } else if (m_type == Type::kSocket && m_connected) {
    UseDirectIo(m_bev);
  }
}

void BufferEvent::CheckConnectsNot() const {
  if (m_lookup != nullptr) ThrowEventError(env(), code::kState, "a name is being looked up for it already");
  if (m_connector != nullptr) ThrowEventError(env(), code::kState, "it is being connected already");
}

void BufferEvent::Connect(const sockaddr* address, int length) {
  CheckConnectsNot();
  const EventBase::BusyScope busy(base());
  const KeptSettings kept(m_bev);
  const bool was_connected = std::exchange(m_connected, false);
  // A refusal that is known at once is told as any other, later.
  NoteDeferral(BEV_OPT_DEFER_CALLBACKS);
  m_dns_error = 0;
  errno = 0;
  m_connecting = true;
  if (bufferevent_socket_connect(m_bev, address, length) == 0) {
    ApplyNoDelay();
    return;
  }
  m_connecting = false;
  m_connected = was_connected;
  if (errno == 0) ThrowEventError(env(), code::kLibevent, "bufferevent_socket_connect failed");
  ThrowSystemError(env(), code::kLibevent, "connect", errno, "bufferevent_socket_connect");
}

void BufferEvent::ConnectHostname(EvDnsBase* dns, int family, const std::string& host, int port) {
  CheckConnectsNot();
  const EventBase::BusyScope busy(base());
  m_dns_error = 0;
  evutil_addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_protocol = IPPROTO_TCP;
  const std::string service = std::to_string(port);
  if (dns != nullptr) {
    // One that has ended already has been told of, and that may have begun another one.
    DnsLookup* const lookup = DnsLookup::For(*dns, host, service, hints, *this);
    if (lookup != nullptr) m_lookup = lookup;
    return;
  }
  evutil_addrinfo* found = nullptr;
  const int result = evutil_getaddrinfo(host.c_str(), service.c_str(), &hints, &found);
  OnLookedUp(result, found);
  if (found != nullptr) evutil_freeaddrinfo(found);
}

// libevent does as much in bufferevent_socket_connect_hostname(), but tries the first address alone, and
// forgets to give up a lookup whose bufferevent is freed.
void BufferEvent::OnLookedUp(int result, const evutil_addrinfo* found) {
  m_lookup = nullptr;
  if (!live()) return;
  const EventBase::BusyScope busy(base());
  if (result == 0 && found != nullptr) {
    ConnectTo(found);
  } else {
    m_dns_error = result != 0 ? result : EVUTIL_EAI_NODATA;
    errno = 0;
    bufferevent_trigger_event(m_bev, BEV_EVENT_ERROR, 0);
  }
}

void BufferEvent::ConnectTo(const evutil_addrinfo* found) {
  if (bufferevent_getfd(m_bev) >= 0 || found->ai_next == nullptr) {
    // Who has chosen the socket wants that one, which cannot be connected twice. With a single address the
    // socket is there from now on, as with libevent.
    const KeptSettings kept(m_bev);
    m_connected = false;
    m_connecting = true;
    NoteDeferral(BEV_OPT_DEFER_CALLBACKS);
    errno = 0;
    if (bufferevent_socket_connect(m_bev, found->ai_addr, static_cast<int>(found->ai_addrlen)) == 0) {
      ApplyNoDelay();
    } else {
      FailToConnect(errno);
    }
    return;
  }
  SocketConnector::Owner& owner = *this;
  m_connector = std::make_unique<SocketConnector>(base(), owner, TargetsOf(found), "", 0);
  m_connected = false;
  m_connecting = true;
  // Without a descriptor the event has but its timeout, that of writing: it bounds the connecting, as it does
  // where libevent connects.
  const timeval& limit = m_bev->timeout_write;
  event_add(&m_bev->ev_write, evutil_timerisset(&limit) ? &limit : nullptr);
  if (!m_connector->Start()) FailToConnect(errno);
}

void BufferEvent::FailToConnect(int error) {
  m_connector.reset();
  m_connecting = false;
  event_del(&m_bev->ev_write);
  event_del(&m_bev->ev_read);
  errno = error;
  bufferevent_trigger_event(m_bev, BEV_EVENT_ERROR, 0);
}

void BufferEvent::OnConnected(int fd, const SocketTarget&) {
  m_connector.reset();
  m_connecting = false;
  {
    const KeptSettings kept(m_bev);
    bufferevent_setfd(m_bev, fd);
  }
  bitcoin_support::SetNoDelay(fd, m_no_delay);
  RestWriting();
  bufferevent_trigger_event(m_bev, BEV_EVENT_CONNECTED, 0);
}

void BufferEvent::OnConnectFailed(const char*, int error) { FailToConnect(error); }

void BufferEvent::SetNoDelay(bool on) {
  const int fd = bufferevent_getfd(bev());
  if (fd >= 0 && !bitcoin_support::SetNoDelay(fd, on)) {
    ThrowSystemError(env(), code::kLibevent, "setsockopt", errno, "descriptor " + std::to_string(fd));
  }
  m_no_delay = on;
}

// To a descriptor that is new.
void BufferEvent::ApplyNoDelay() {
  const int fd = bufferevent_getfd(m_bev);
  if (m_no_delay && fd >= 0) bitcoin_support::SetNoDelay(fd, true);
}

// libevent has the deferred callback in the queue of its priority, and would look for it in that of the new
// one.
void BufferEvent::SetPriority(int priority) {
  if (m_type != Type::kSocket) {
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

void BufferEvent::SetRateLimit(TokenBucket limit) {
  bufferevent* const bev = this->bev();
  const bool reads = event_pending(&bev->ev_read, EV_READ, nullptr) != 0 ||
                     (m_limit != nullptr && bufferevent_get_read_limit(bev) <= 0);
  const bool writes = event_pending(&bev->ev_write, EV_WRITE, nullptr) != 0;
  if (bufferevent_set_rate_limit(bev, limit.get()) != 0) {
    ThrowEventError(env(), code::kLibevent, "bufferevent_set_rate_limit failed");
  }
  m_limit = std::move(limit);  // libevent keeps the pointer
  ChooseIo();
  // libevent begins to read and to write, though nobody wants to: of a connection that is closing, on a
  // descriptor that may be another's by then.
  if (!reads) event_del(&bev->ev_read);
  if (!writes && evbuffer_get_length(bev->output) == 0) event_del(&bev->ev_write);
}

void BufferEvent::SetGroup(BufferEventRateLimitGroup* group) {
  if (group == m_group) return;
  if (m_group != nullptr) {
    bufferevent_remove_from_rate_limit_group(bev());
    m_group->Remove(*this);
    m_group = nullptr;
    ChooseIo();
  }
  if (group == nullptr) return;
  if (bufferevent_add_to_rate_limit_group(bev(), group->group()) != 0) {
    ThrowEventError(env(), code::kLibevent, "bufferevent_add_to_rate_limit_group failed");
  }
  group->Add(*this);
  m_group = group;
  ChooseIo();
}

void BufferEvent::Write(napi_value bytes) {
  const EventBase::BusyScope busy(base());
  AppendBytes(env().napi(), bytes, bufferevent_get_output(m_bev));
  WriteSoon();
}

// A connected socket is nearly always writable. To mark it so spares a round through the kernel; if it is
// full, libevent's write finds out and waits as usual. For what the read callback holds libevent does not
// wait.
void BufferEvent::WriteSoon() {
  if (!m_connected || event_pending(&m_bev->ev_write, EV_WRITE, nullptr) == 0) return;
  event_active(&m_bev->ev_write, EV_WRITE, 1);
}

void BufferEvent::OnRead(bufferevent*, void* arg) {
  BufferEvent& self = *static_cast<BufferEvent*>(arg);
  if (!self.live()) return;
  const EventBase::BusyScope busy(self.base());
  if (!self.m_connected || self.limited()) {
    self.CallBack(JsCallback::kBufferRead);
    return;
  }
  HeldWrites held(self.base(), self.m_bev);
  HeldWrites* const outer = std::exchange(self.m_held_writes, &held);
  self.CallBack(JsCallback::kBufferRead);
  self.m_held_writes = outer;
  // The answer goes before the next connection is read from. All answers of a turn together would be more
  // memory than the heap keeps, and caches hold.
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
  static_cast<BufferEvent*>(arg)->TellEvent(what, error);
}

void BufferEvent::TellEvent(int what, int error) {
  if (!live()) return;
  if (m_type == Type::kSocket) {
    if ((what & BEV_EVENT_CONNECTED) != 0) {
      m_connected = true;
      ChooseIo();
    }
    if ((what & BEV_EVENT_ERROR) != 0) m_connected = false;
    if ((what & (BEV_EVENT_CONNECTED | BEV_EVENT_ERROR)) != 0) m_connecting = false;
    // Connecting has taken too long.
    if ((what & BEV_EVENT_TIMEOUT) != 0 && (what & BEV_EVENT_WRITING) != 0 && m_connector != nullptr) {
      m_connector.reset();
      m_connecting = false;
    }
  }
  if ((m_callbacks & EV_TIMEOUT) == 0) return;
  const EventBase::BusyScope busy(base());
  env().callbacks().Call(base(), JsCallback::kBufferEvent,
                         {slot(), static_cast<double>(static_cast<unsigned short>(what)),
                          static_cast<double>(error), static_cast<double>(m_dns_error)},
                         &m_context);
}

}  // namespace bitcoin_support
