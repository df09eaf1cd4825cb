#include "net/buffer_event_socket.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_struct.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/util.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "libevent/catch_bad_alloc.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "net/buffer_event.h"
#include "net/dns_lookup.h"
#include "net/ev_dns_base.h"
#include "net/no_delay.h"
#include "net/send_buffer.h"
#include "net/socket_address.h"
#include "net/socket_arguments.h"

namespace bitcoin_support {
namespace {

/// Restores what libevent forgets when a bufferevent is given another descriptor: it assigns the events anew.
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

std::string NameArg(const Napi::CallbackInfo& info, size_t index) {
  std::string name = StringArg(info, index);
  if (name.find('\0') != std::string::npos) ThrowRangeError(info.Env(), "a name has no NUL");
  return name;
}

}  // namespace

void BufferEventSocket::Enter(State state) {
  m_state = state;
  if (state == State::kConnected) m_owner.ChooseIo();
}

void BufferEventSocket::OnEvent(short what) {
  constexpr short kWriteTimeout = BEV_EVENT_TIMEOUT | BEV_EVENT_WRITING;
  if ((what & BEV_EVENT_ERROR) != 0) {
    Enter(State::kUnconnected);
  } else if ((what & BEV_EVENT_CONNECTED) != 0) {
    Enter(State::kConnected);
  } else if ((what & kWriteTimeout) == kWriteTimeout && m_connector != nullptr) {
    // Connecting has taken too long.
    m_connector.reset();
    Enter(State::kUnconnected);
  }
}

void BufferEventSocket::Close() {
  if (m_lookup != nullptr) std::exchange(m_lookup, nullptr)->Abandon();
  m_connector.reset();
}

void BufferEventSocket::CheckDescriptor(const BufferEvent& owner, int fd) {
  if (fcntl(fd, F_GETFD) != -1 && evutil_make_socket_nonblocking(fd) == 0) return;
  ThrowSystemError(owner.env(), code::kLibevent, "fcntl", errno, "descriptor " + std::to_string(fd));
}

void BufferEventSocket::SetFd(int fd) {
  if (m_lookup != nullptr) ThrowEventError(m_owner.env(), code::kState, "a name is being looked up for it");
  if (fd >= 0) CheckDescriptor(m_owner, fd);
  m_owner.base().CheckRoomFor(fd, "bufferevent_setfd");
  const EventBase::BusyScope busy(m_owner.base());
  m_connector.reset();
  const KeptSettings kept(m_owner.bev());
  if (bufferevent_setfd(m_owner.bev(), fd) != 0) {
    ThrowEventError(m_owner.env(), code::kLibevent, "bufferevent_setfd failed");
  }
  Enter(fd >= 0 ? State::kConnected : State::kUnconnected);
  ApplyNoDelay();
  StopIdleWriting();
}

void BufferEventSocket::CheckMayConnect() const {
  if (m_lookup != nullptr) {
    ThrowEventError(m_owner.env(), code::kState, "a name is being looked up for it already");
  }
  if (m_connector != nullptr) ThrowEventError(m_owner.env(), code::kState, "it is being connected already");
}

// @returns false with errno set, or 0 where libevent sets none
bool BufferEventSocket::ConnectInLibevent(const sockaddr* address, int length) {
  const KeptSettings kept(m_owner.bev());
  const bool makes_socket = bufferevent_getfd(m_owner.bev()) < 0;
  Enter(State::kConnecting);
  // libevent defers an immediate connect failure.
  m_owner.NoteDeferral(BEV_OPT_DEFER_CALLBACKS);
  errno = 0;
  if (bufferevent_socket_connect(m_owner.bev(), address, length) != 0) return false;
  ApplyNoDelay();
  if (makes_socket) BoundSendBuffer(bufferevent_getfd(m_owner.bev()), address);
  return true;
}

void BufferEventSocket::Connect(const sockaddr* address, int length) {
  CheckMayConnect();
  const EventBase::BusyScope busy(m_owner.base());
  m_dns_error = 0;
  const State before = m_state;
  if (ConnectInLibevent(address, length)) return;
  const int error = errno;
  Enter(before == State::kConnected ? State::kConnected : State::kUnconnected);
  if (error == 0) ThrowEventError(m_owner.env(), code::kLibevent, "bufferevent_socket_connect failed");
  ThrowSystemError(m_owner.env(), code::kLibevent, "connect", error, "bufferevent_socket_connect");
}

void BufferEventSocket::ConnectHostname(EvDnsBase* dns, int family, const std::string& host, int port) {
  CheckMayConnect();
  const EventBase::BusyScope busy(m_owner.base());
  m_dns_error = 0;
  evutil_addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_protocol = IPPROTO_TCP;
  const std::string service = std::to_string(port);
  if (dns != nullptr) {
    // A lookup that has ended already has called OnLookedUp(), and that may have begun another one.
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
// does not give up a lookup whose bufferevent is freed.
void BufferEventSocket::OnLookedUp(int result, const evutil_addrinfo* found) {
  m_lookup = nullptr;
  if (!m_owner.live()) return;
  const EventBase::BusyScope busy(m_owner.base());
  if (result == 0 && found != nullptr) {
    CatchBadAlloc([&] { ConnectTo(found); }, [&] { Fail(ENOMEM); });
  } else {
    m_dns_error = result != 0 ? result : EVUTIL_EAI_NODATA;
    errno = 0;
    bufferevent_trigger_event(m_owner.bev(), BEV_EVENT_ERROR, 0);
  }
}

void BufferEventSocket::ConnectTo(const evutil_addrinfo* found) {
  bufferevent* const bev = m_owner.bev();
  if (bufferevent_getfd(bev) >= 0 || found->ai_next == nullptr) {
    // A socket that JavaScript has chosen is the one to connect, and can be connected only once. For a single
    // address libevent makes the socket at once.
    if (!ConnectInLibevent(found->ai_addr, static_cast<int>(found->ai_addrlen))) Fail(errno);
    return;
  }
  SocketConnector::Owner& owner = *this;
  m_connector = std::make_unique<SocketConnector>(m_owner.base(), owner, TargetsOf(found), "", 0);
  Enter(State::kConnecting);
  // Without a descriptor the event waits for nothing but the write timeout, which bounds the connecting as it
  // does where libevent connects.
  const timeval& limit = bev->timeout_write;
  event_add(&bev->ev_write, evutil_timerisset(&limit) ? &limit : nullptr);
  if (!m_connector->Start()) Fail(errno);
}

void BufferEventSocket::Fail(int error) {
  bufferevent* const bev = m_owner.bev();
  m_connector.reset();
  Enter(State::kUnconnected);
  event_del(&bev->ev_write);
  event_del(&bev->ev_read);
  errno = error;
  bufferevent_trigger_event(bev, BEV_EVENT_ERROR, 0);
}

void BufferEventSocket::OnConnected(int fd, const SocketTarget&) {
  bufferevent* const bev = m_owner.bev();
  m_connector.reset();
  {
    const KeptSettings kept(bev);
    bufferevent_setfd(bev, fd);
  }
  Enter(State::kConnected);
  SetNoDelay(fd, m_no_delay);
  StopIdleWriting();
  bufferevent_trigger_event(bev, BEV_EVENT_CONNECTED, 0);
}

void BufferEventSocket::OnConnectFailed(const char*, int error) { Fail(error); }

void BufferEventSocket::ApplyNoDelay() {
  const int fd = bufferevent_getfd(m_owner.bev());
  if (m_no_delay && fd >= 0) SetNoDelay(fd, true);
}

void BufferEventSocket::StopIdleWriting() {
  bufferevent* const bev = m_owner.bev();
  if (m_state != State::kConnecting && evbuffer_get_length(bev->output) == 0) event_del(&bev->ev_write);
}

void BufferEventSocket::WriteSoon() {
  bufferevent* const bev = m_owner.bev();
  if (!connected() || event_pending(&bev->ev_write, EV_WRITE, nullptr) == 0) return;
  event_active(&bev->ev_write, EV_WRITE, 1);
}

// (bufferevent, descriptor | -1)
Napi::Value BufferEventSocket::SetFdNapi(const Napi::CallbackInfo& info) {
  BufferEventSocket& self = BufferEvent::Socket(info);
  const int fd = IntArg(info, 1);
  self.SetFd(fd < 0 ? -1 : fd);
  return info.Env().Undefined();
}

// (bufferevent, IP address, port)
Napi::Value BufferEventSocket::ConnectNapi(const Napi::CallbackInfo& info) {
  BufferEventSocket& self = BufferEvent::Socket(info);
  const std::string host = NameArg(info, 1);
  const std::string service = std::to_string(PortArg(info, 2));
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), service.c_str(), &hints, &found) != 0) {
    ThrowRangeError(info.Env(), "no IP address");
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> address(found, freeaddrinfo);
  self.Connect(address->ai_addr, static_cast<int>(address->ai_addrlen));
  return info.Env().Undefined();
}

// (bufferevent, path)
Napi::Value BufferEventSocket::ConnectUnixNapi(const Napi::CallbackInfo& info) {
  BufferEventSocket& self = BufferEvent::Socket(info);
  const auto address = UnixAddress(NameArg(info, 1));
  if (!address) ThrowRangeError(info.Env(), "no path of a socket");
  self.Connect(reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
  return info.Env().Undefined();
}

// (… 0, 4 or 6, host, port > 0)
void BufferEventSocket::ConnectHostnameArgs(EvDnsBase* dns, const Napi::CallbackInfo& info, size_t first) {
  const int family = FamilyArg(info, first);
  const std::string host = NameArg(info, first + 1);
  const uint16_t port = PortArg(info, first + 2);
  if (host.empty() || port == 0) ThrowRangeError(info.Env(), "no host or port");
  if (dns != nullptr) EvDnsBase::CheckHost(info.Env(), host);
  ConnectHostname(dns, family, host, port);
}

// (bufferevent, 0, 4 or 6, host, port > 0)
Napi::Value BufferEventSocket::ConnectHostnameNapi(const Napi::CallbackInfo& info) {
  BufferEvent::Socket(info).ConnectHostnameArgs(nullptr, info, 1);
  return info.Env().Undefined();
}

// (bufferevent, resolver, 0, 4 or 6, host, port > 0)
Napi::Value BufferEventSocket::ConnectHostnameDnsNapi(const Napi::CallbackInfo& info) {
  BufferEventSocket& self = BufferEvent::Socket(info);
  EvDnsBase& dns = Environment::From(info).Get<EvDnsBase>(info[1]);
  if (&dns.base() != &self.m_owner.base()) {
    ThrowEventError(self.m_owner.env(), code::kState, "the resolver is of another base");
  }
  self.ConnectHostnameArgs(&dns, info, 2);
  return info.Env().Undefined();
}

void BufferEventSocket::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<SetFdNapi>(env, exports, "bufferEventSetFd", state);
  ExportFunction<ConnectNapi>(env, exports, "bufferEventConnect", state);
  ExportFunction<ConnectUnixNapi>(env, exports, "bufferEventConnectUnix", state);
  ExportFunction<ConnectHostnameNapi>(env, exports, "bufferEventConnectHostname", state);
  ExportFunction<ConnectHostnameDnsNapi>(env, exports, "bufferEventConnectHostnameDns", state);
}

}  // namespace bitcoin_support
