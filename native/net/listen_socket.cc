#include "net/listen_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "libevent/unique_fd.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "net/lookup_error.h"
#include "net/send_buffer.h"
#include "net/socket_address.h"

namespace bitcoin_support {
namespace {

ListenResult Failed(const char* call) { return {-1, call, errno}; }

bool SetFlag(int fd, int level, int name) {
  const int on = 1;
  return setsockopt(fd, level, name, &on, sizeof on) == 0;
}

ListenResult BindAndListen(int family, const sockaddr* address, socklen_t length,
                           const ListenOptions& options) {
  UniqueFd fd(socket(family, SOCK_STREAM, 0));
  if (fd.get() < 0) return Failed("socket");
  if (fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) {
    return Failed("fcntl");
  }
  if (family != AF_UNIX && options.reuse_address && !SetFlag(fd.get(), SOL_SOCKET, SO_REUSEADDR)) {
    return Failed("setsockopt");
  }
  if (options.reuse_port && !SetFlag(fd.get(), SOL_SOCKET, SO_REUSEPORT)) return Failed("setsockopt");
  if (family == AF_INET6 && options.ipv6_only && !SetFlag(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY)) {
    return Failed("setsockopt");
  }
  if (bind(fd.get(), address, length) != 0) return Failed("bind");
  BoundSendBuffer(fd.get(), address);
  if (listen(fd.get(), options.backlog) != 0) return Failed("listen");
  return {fd.Release(), nullptr, 0};
}

int FdOrThrow(const Environment& env, const ListenResult& result, const std::string& where) {
  if (result.fd >= 0) return result.fd;
  if (std::string_view(result.failed_call) == "getaddrinfo") {
    ThrowLookupError(env, code::kBind, result.error, "cannot bind " + where);
  }
  ThrowSystemError(env, code::kBind, result.failed_call, result.error, "cannot bind " + where);
}

}  // namespace

ListenResult ListenTcp(const std::string& host, uint16_t port, const ListenOptions& options) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(host.empty() ? nullptr : host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return {-1, "getaddrinfo", error};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, freeaddrinfo);
  ListenResult result{-1, "bind", EADDRNOTAVAIL};
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    result = BindAndListen(address->ai_family, address->ai_addr, address->ai_addrlen, options);
    if (result.fd >= 0) break;
  }
  return result;
}

ListenResult ListenUnix(const std::string& path, int mode, const ListenOptions& options) {
  const auto address = UnixAddress(path);
  if (!address) return {-1, "bind", ENAMETOOLONG};
  ListenResult result =
      BindAndListen(AF_UNIX, reinterpret_cast<const sockaddr*>(&*address), sizeof *address, options);
  if (result.fd >= 0 && mode >= 0 && chmod(path.c_str(), static_cast<mode_t>(mode)) != 0) {
    const int error = errno;
    close(result.fd);
    unlink(path.c_str());
    result = {-1, "chmod", error};
  }
  return result;
}

int ListenTcpOrThrow(const Environment& env, const std::string& host, uint16_t port,
                     const ListenOptions& options) {
  return FdOrThrow(env, ListenTcp(host, port, options),
                   (host.empty() ? "*" : host) + " port " + std::to_string(port));
}

int ListenUnixOrThrow(const Environment& env, const std::string& path, int mode,
                      const ListenOptions& options) {
  return FdOrThrow(env, ListenUnix(path, mode, options), path);
}

}  // namespace bitcoin_support
