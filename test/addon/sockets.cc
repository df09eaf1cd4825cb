#include "sockets.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "napi/arguments.h"

namespace bitcoin_support::test {
namespace {

// @returns a socket that is bound to a free port of 127.0.0.1, and listens unless `backlog` is 0
Napi::Value BoundSocket(const Napi::CallbackInfo& info, int type, int backlog) {
  const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      (backlog > 0 && listen(fd, backlog) != 0)) {
    throw Napi::Error::New(info.Env(), std::strerror(errno));
  }
  return Napi::Number::New(info.Env(), fd);
}

// (backlog | 0 for a socket that does not listen) -> descriptor, bound to a free port of 127.0.0.1
Napi::Value BoundTcpSocketNapi(const Napi::CallbackInfo& info) {
  return BoundSocket(info, SOCK_STREAM, IntArg(info, 0));
}

// () -> descriptor, bound to a free port of 127.0.0.1
Napi::Value BoundUdpSocketNapi(const Napi::CallbackInfo& info) { return BoundSocket(info, SOCK_DGRAM, 0); }

// (port) -> descriptor of a socket that is connected to that port of 127.0.0.1
Napi::Value ConnectedTcpSocketNapi(const Napi::CallbackInfo& info) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(IntArg(info, 0)));
  if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw Napi::Error::New(info.Env(), std::strerror(errno));
  }
  return Napi::Number::New(info.Env(), fd);
}

// () -> two connected stream sockets that do not block
Napi::Value SocketPairNapi(const Napi::CallbackInfo& info) {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0) {
    throw Napi::Error::New(info.Env(), std::strerror(errno));
  }
  const Napi::Array pair = Napi::Array::New(info.Env(), 2);
  pair.Set(0u, Napi::Number::New(info.Env(), fds[0]));
  pair.Set(1u, Napi::Number::New(info.Env(), fds[1]));
  return pair;
}

// (descriptor of a socket of IPv4) -> its port
Napi::Value PortOfNapi(const Napi::CallbackInfo& info) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  if (getsockname(IntArg(info, 0), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw Napi::Error::New(info.Env(), std::strerror(errno));
  }
  return Napi::Number::New(info.Env(), ntohs(address.sin_port));
}

// (descriptor): makes accept() on it fail from now on
Napi::Value ShutdownSocketNapi(const Napi::CallbackInfo& info) {
  if (shutdown(IntArg(info, 0), SHUT_RDWR) != 0) throw Napi::Error::New(info.Env(), std::strerror(errno));
  return info.Env().Undefined();
}

// (descriptor of a socket of TCP that listens) -> how many connections may wait there
Napi::Value BacklogOfNapi(const Napi::CallbackInfo& info) {
  tcp_info state{};
  socklen_t length = sizeof state;
  if (getsockopt(IntArg(info, 0), IPPROTO_TCP, TCP_INFO, &state, &length) != 0) {
    throw Napi::Error::New(info.Env(), std::strerror(errno));
  }
  // For a listening socket the kernel returns it in this field.
  return Napi::Number::New(info.Env(), state.tcpi_sacked);
}

// (descriptor of a socket of TCP) -> whether it has TCP_NODELAY
Napi::Value HasNoDelayNapi(const Napi::CallbackInfo& info) {
  int on = 0;
  socklen_t length = sizeof on;
  if (getsockopt(IntArg(info, 0), IPPROTO_TCP, TCP_NODELAY, &on, &length) != 0) {
    throw Napi::Error::New(info.Env(), std::strerror(errno));
  }
  return Napi::Boolean::New(info.Env(), on != 0);
}

// (descriptor) -> whether it was open
Napi::Value CloseDescriptorNapi(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), close(IntArg(info, 0)) == 0);
}

}  // namespace

void ExportSockets(Napi::Env env, Napi::Object exports) {
  exports.Set("boundTcpSocket", Napi::Function::New<BoundTcpSocketNapi>(env, "boundTcpSocket"));
  exports.Set("boundUdpSocket", Napi::Function::New<BoundUdpSocketNapi>(env, "boundUdpSocket"));
  exports.Set("connectedTcpSocket", Napi::Function::New<ConnectedTcpSocketNapi>(env, "connectedTcpSocket"));
  exports.Set("socketPair", Napi::Function::New<SocketPairNapi>(env, "socketPair"));
  exports.Set("shutdownSocket", Napi::Function::New<ShutdownSocketNapi>(env, "shutdownSocket"));
  exports.Set("portOf", Napi::Function::New<PortOfNapi>(env, "portOf"));
  exports.Set("backlogOf", Napi::Function::New<BacklogOfNapi>(env, "backlogOf"));
  exports.Set("hasNoDelay", Napi::Function::New<HasNoDelayNapi>(env, "hasNoDelay"));
  exports.Set("closeDescriptor", Napi::Function::New<CloseDescriptorNapi>(env, "closeDescriptor"));
}

}  // namespace bitcoin_support::test
