#include "http/client_socket.h"

#include <arpa/inet.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "net/socket_address.h"
#include "net/socket_connector.h"
#include "net/stream_socket.h"

namespace bitcoin_support {
namespace {

int CloseFailed(int fd) {
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

// @returns the descriptor of a socket that listens and stays open as long as the process.
int ListenForNobody() {
  const int fd = NewStreamSocket(AF_INET);
  if (fd < 0) return -1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(fd, 1) != 0) {
    return CloseFailed(fd);
  }
  return fd;
}

// @returns its port, 0 with errno set where there is none
uint16_t PlaceholderPort() {
  static std::mutex mutex;
  static int listening = -1;
  const std::lock_guard lock(mutex);
  if (listening < 0) listening = ListenForNobody();
  if (listening < 0) return 0;
  sockaddr_in address{};
  socklen_t length = sizeof address;
  if (getsockname(listening, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  return ntohs(address.sin_port);
}

// evhttp_connection_get_addr() returns libevent's own copy of the address that it connects to again. It has
// room for IPv4 and IPv6.
void SetAddress(evhttp_connection* connection, const void* address, size_t length) {
  void* const kept = const_cast<sockaddr*>(evhttp_connection_get_addr(connection));
  std::memcpy(kept, address, std::min(length, sizeof(sockaddr_in6)));
}

}  // namespace

int ConnectUnix(const std::string& path) {
  const auto address = UnixAddress(path);
  if (!address) {
    errno = ENAMETOOLONG;
    return -1;
  }
  const int fd = NewStreamSocket(AF_UNIX);
  if (fd < 0) return -1;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 &&
      errno != EINPROGRESS) {
    return CloseFailed(fd);
  }
  return fd;
}

bool PointToPlaceholder(evhttp_connection* connection) {
  const uint16_t port = PlaceholderPort();
  if (port == 0) return false;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  SetAddress(connection, &address, sizeof address);
  return true;
}

void ReplaceSocket(evhttp_connection* connection, int fd, const SocketTarget* target) {
  bufferevent* const stream = evhttp_connection_get_bufferevent(connection);
  const int placeholder = bufferevent_getfd(stream);
  bufferevent_setfd(stream, fd);
  if (placeholder >= 0) close(placeholder);
  constexpr sockaddr_in kNone{};
  if (target == nullptr) {
    SetAddress(connection, &kNone, sizeof kNone);
  } else {
    SetAddress(connection, &target->address, target->length);
  }
}

}  // namespace bitcoin_support
