#include "net/ev_conn_listener.h"

#include <event2/util.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "libevent/unique_fd.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/handle_exports.h"
#include "net/listen_socket.h"
#include "net/no_delay.h"
#include "net/socket_address.h"
#include "net/socket_arguments.h"

namespace bitcoin_support {
namespace {

// Long enough for the running turn to end.
constexpr timeval kNextTurn{0, 0};

// The options that libevent gets; the others are applied when the socket is made.
constexpr unsigned kPassedOn = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_LEAVE_SOCKETS_BLOCKING;

}  // namespace

EvConnListener::EvConnListener(EventBase& base, int fd, unsigned flags, std::string unlink_path)
    : BaseChild(base, base.env().type_for(kKind), kKind), m_unlink_path(std::move(unlink_path)) {
  // libevent applies this option only to sockets that it makes.
  if ((flags & LEV_OPT_DEFERRED_ACCEPT) != 0 && evutil_make_tcp_listen_socket_deferred(fd) != 0) {
    ThrowSystemError(env(), code::kBind, "setsockopt", errno, "descriptor " + std::to_string(fd));
  }
  base.CheckRoomFor(fd, "evconnlistener_new");
  // Child processes do not inherit the connections.
  const unsigned options = (flags & kPassedOn) | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_DISABLED;
  m_listener = evconnlistener_new(base.base(), OnAccept, this, options, 0, fd);
  if (m_listener == nullptr) ThrowEventError(env(), code::kBind, "evconnlistener_new failed");
  m_pause.emplace(base.base(), m_listener);
  evconnlistener_set_error_cb(m_listener, OnError);
}

EvConnListener::~EvConnListener() = default;

/// A connection while JavaScript is called for it. It is closed unless JavaScript takes it.
struct EvConnListener::Accepted {
  Accepted(EvConnListener& listener, int fd, const sockaddr* address, socklen_t length)
      : listener(listener), fd(fd), address(address), length(length) {
    listener.m_accepted = this;
  }
  ~Accepted() {
    listener.m_accepted = nullptr;
    if (!taken) close(fd);
  }
  Accepted(const Accepted&) = delete;
  Accepted& operator=(const Accepted&) = delete;

  EvConnListener& listener;
  const int fd;
  const sockaddr* const address;
  const socklen_t length;
  bool taken = false;
};

void EvConnListener::Dispose() {
  if (!live()) return;
  RetireChild();
  // Not in WhenIdle(): a blocking loop may run for long. libevent keeps a listener whose callback is running.
  m_pause.reset();
  evconnlistener_free(m_listener);
  if (!m_unlink_path.empty()) unlink(m_unlink_path.c_str());
  base().WhenIdle([this] { delete this; });
}

void EvConnListener::SetEnabled(bool on) {
  m_enabled = on;
  Apply();
}

void EvConnListener::SetHasCallback(bool on) {
  if (m_has_callback == on) return;
  m_has_callback = on;
  Apply();
}

void EvConnListener::Apply() {
  m_pause->Cancel();
  if (!m_enabled || !m_has_callback) {
    evconnlistener_disable(m_listener);
    return;
  }
  errno = 0;
  if (evconnlistener_enable(m_listener) != 0) {
    const int error = errno;
    evconnlistener_disable(m_listener);
    ThrowSystemError(env(), code::kLibevent, "evconnlistener_enable", error, "listening socket");
  }
}

void EvConnListener::OnAccept(evconnlistener*, evutil_socket_t fd, sockaddr* address, int length, void* arg) {
  static_cast<EvConnListener*>(arg)->Accept(fd, address, static_cast<socklen_t>(length));
}

void EvConnListener::Accept(int fd, const sockaddr* address, socklen_t length) {
  const EventBase::BusyScope busy(base());
  if (!base().HasRoomFor(fd)) {
    close(fd);
    Fail(EMFILE);
    return;
  }
  {
    Accepted accepted(*this, fd, address, length);
    env().callbacks().Call(base(), JsCallback::kAccept, {number(), static_cast<double>(fd)});
  }
  // libevent would go on accepting all connections that wait, though the loop is to end.
  if (live() && m_enabled && m_has_callback && event_base_got_break(base().base())) m_pause->Begin(kNextTurn);
}

void EvConnListener::OnError(evconnlistener*, void* arg) {
  const int error = EVUTIL_SOCKET_ERROR();
  EvConnListener& self = *static_cast<EvConnListener*>(arg);
  const EventBase::BusyScope busy(self.base());
  self.Fail(error);
}

void EvConnListener::Fail(int error) {
  m_pause->Begin(AcceptPause::kAfterError);
  env().callbacks().Call(base(), JsCallback::kAcceptError, {number(), static_cast<double>(error)});
}

EvConnListener& EvConnListener::This(const Napi::CallbackInfo& info) {
  return Environment::From(info).Get<EvConnListener>(info[0]);
}

// (base, host, port, backlog, reuseable, reusePort, ipv6Only, LEV_OPT_* flags) -> listener, disabled
Napi::Value EvConnListener::BindTcpNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  const std::string host = StringArg(info, 1);
  const uint16_t port = PortArg(info, 2);
  const ListenOptions options{IntArg(info, 3), BoolArg(info, 4), BoolArg(info, 5), BoolArg(info, 6)};
  const auto flags = static_cast<unsigned>(IntArg(info, 7));
  UniqueFd fd(ListenTcpOrThrow(base.env(), host, port, options));
  auto* const self = new EvConnListener(base, fd.get(), flags, "");
  fd.Release();
  return Napi::Number::New(info.Env(), self->number());
}

// (base, path, backlog, LEV_OPT_* flags) -> listener, disabled
Napi::Value EvConnListener::BindUnixNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  const std::string path = StringArg(info, 1);
  ListenOptions options;
  options.backlog = IntArg(info, 2);
  // A UNIX socket has no handshake to wait for.
  const auto flags = static_cast<unsigned>(IntArg(info, 3)) & ~unsigned{LEV_OPT_DEFERRED_ACCEPT};
  // Before ListenUnixOrThrow() makes a file, which would stay if this threw.
  base.CheckRoomForNext("evconnlistener_new");
  UniqueFd fd(ListenUnixOrThrow(base.env(), path, -1, options));
  auto* const self = new EvConnListener(base, fd.get(), flags, path);
  fd.Release();
  return Napi::Number::New(info.Env(), self->number());
}

// (base, fd, backlog: 0 when it listens already, LEV_OPT_* flags) -> listener, disabled
Napi::Value EvConnListener::NewNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  const int fd = IntArg(info, 1);
  const int backlog = IntArg(info, 2);
  const auto flags = static_cast<unsigned>(IntArg(info, 3));
  const std::string what = "descriptor " + std::to_string(fd);
  if (fcntl(fd, F_GETFD) == -1) ThrowSystemError(base.env(), code::kBind, "fcntl", errno, what);
  if (backlog != 0 && listen(fd, backlog) != 0) {
    ThrowSystemError(base.env(), code::kBind, "listen", errno, what);
  }
  evutil_make_socket_nonblocking(fd);
  return Napi::Number::New(info.Env(), (new EvConnListener(base, fd, flags, ""))->number());
}

// (listener, on)
Napi::Value EvConnListener::SetEnabledNapi(const Napi::CallbackInfo& info) {
  This(info).SetEnabled(BoolArg(info, 1));
  return info.Env().Undefined();
}

// (listener, whether there is one)
Napi::Value EvConnListener::SetHasCallbackNapi(const Napi::CallbackInfo& info) {
  This(info).SetHasCallback(BoolArg(info, 1));
  return info.Env().Undefined();
}

// (listener, on): for the connections that it will accept
Napi::Value EvConnListener::SetNoDelayNapi(const Napi::CallbackInfo& info) {
  const EvConnListener& self = This(info);
  const int fd = evconnlistener_get_fd(self.m_listener);
  if (!SetNoDelay(fd, BoolArg(info, 1))) {
    ThrowSystemError(self.env(), code::kBind, "setsockopt", errno, "descriptor " + std::to_string(fd));
  }
  return info.Env().Undefined();
}

// (listener) -> [family, address or path, port] of the connection whose JsCallback::kAccept is running, which
// the caller owns from here on; undefined when there is none
Napi::Value EvConnListener::TakeAcceptedNapi(const Napi::CallbackInfo& info) {
  Accepted* const accepted = This(info).m_accepted;
  if (accepted == nullptr || accepted->taken) return info.Env().Undefined();
  const Napi::Array address = DescribeAddress(info.Env(), accepted->address, accepted->length);
  accepted->taken = true;
  return address;
}

// (listener) -> fd
Napi::Value EvConnListener::GetFdNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), evconnlistener_get_fd(This(info).m_listener));
}

// (listener) -> [family, address or path, port]
Napi::Value EvConnListener::AddressNapi(const Napi::CallbackInfo& info) {
  const EvConnListener& self = This(info);
  return DescribeLocalAddress(self.env(), evconnlistener_get_fd(self.m_listener));
}

void EvConnListener::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<BindTcpNapi>(env, exports, "listenerBindTcp", state);
  ExportFunction<BindUnixNapi>(env, exports, "listenerBindUnix", state);
  ExportFunction<NewNapi>(env, exports, "listenerNew", state);
  ExportFunction<SetEnabledNapi>(env, exports, "listenerSetEnabled", state);
  ExportFunction<SetHasCallbackNapi>(env, exports, "listenerSetHasCallback", state);
  ExportFunction<SetNoDelayNapi>(env, exports, "listenerSetNoDelay", state);
  ExportFunction<TakeAcceptedNapi>(env, exports, "listenerTakeAccepted", state);
  ExportFunction<GetFdNapi>(env, exports, "listenerGetFd", state);
  ExportFunction<AddressNapi>(env, exports, "listenerAddress", state);
}

template void ExportHandleType<EvConnListener>(Napi::Env, Napi::Object, Environment&);

}  // namespace bitcoin_support
