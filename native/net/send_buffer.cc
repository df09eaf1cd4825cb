#include "net/send_buffer.h"

#include <netinet/in.h>
#include <sys/socket.h>

namespace bitcoin_support {
namespace {

// Linux doubles it, for its own records.
constexpr int kLoopbackBytes = 256 * 1024;

bool IsLoopback(const in6_addr& address) {
  // ::ffff:127.0.0.0/8
  return IN6_IS_ADDR_LOOPBACK(&address) || (IN6_IS_ADDR_V4MAPPED(&address) && address.s6_addr[12] == 127);
}

bool IsLoopback(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* const ipv4 = reinterpret_cast<const sockaddr_in*>(address);
    return ntohl(ipv4->sin_addr.s_addr) >> 24 == 127;
  }
  return address->sa_family == AF_INET6 &&
         IsLoopback(reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
}

}  // namespace

void BoundSendBuffer(int fd, const sockaddr* address) {
  if (!IsLoopback(address)) return;
  // A socket without the bound works too, only slower.
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kLoopbackBytes, sizeof kLoopbackBytes);
}

}  // namespace bitcoin_support
