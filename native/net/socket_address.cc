#include "net/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/list.h"

namespace bitcoin_support {
namespace {

std::string UnixPath(const sockaddr_un& address, size_t length) {
  constexpr size_t kHead = offsetof(sockaddr_un, sun_path);
  if (length <= kHead) return "";
  const size_t size = std::min(length - kHead, sizeof address.sun_path);
  if (address.sun_path[0] == '\0') return {address.sun_path, size};
  return {address.sun_path, strnlen(address.sun_path, size)};
}

}  // namespace

std::optional<sockaddr_un> UnixAddress(const std::string& path) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Napi::Array DescribeAddress(Napi::Env env, const sockaddr* address, socklen_t length) {
  char text[INET6_ADDRSTRLEN] = "";
  int port = 0;
  const char* family = "unix";
  std::string where;
  if (length >= sizeof(sockaddr_in) && address->sa_family == AF_INET) {
    const auto& in = *reinterpret_cast<const sockaddr_in*>(address);
    family = "IPv4";
    inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    where = text;
    port = ntohs(in.sin_port);
  } else if (length >= sizeof(sockaddr_in6) && address->sa_family == AF_INET6) {
    const auto& in6 = *reinterpret_cast<const sockaddr_in6*>(address);
    family = "IPv6";
    inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
    where = text;
    port = ntohs(in6.sin6_port);
  } else if (length >= sizeof(sa_family_t) && address->sa_family == AF_UNIX) {
    where = UnixPath(*reinterpret_cast<const sockaddr_un*>(address), length);
  }
  return NewList(
      env, {Napi::String::New(env, family), Napi::String::New(env, where), Napi::Number::New(env, port)});
}

Napi::Array DescribeLocalAddress(const Environment& env, int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) {
    ThrowSystemError(env, code::kLibevent, "getsockname", errno, "listening socket");
  }
  return DescribeAddress(env.napi(), reinterpret_cast<const sockaddr*>(&storage), length);
}

}  // namespace bitcoin_support
