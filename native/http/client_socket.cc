#include "http/client_socket.h"

#include <arpa/inet.h>
#include <event2/bufferevent.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>

namespace bitcoin_support {
namespace {

int NewSocket(int family) {
  const int fd = socket(family, SOCK_STREAM, 0);
  if (fd < 0) return -1;
  evutil_make_socket_closeonexec(fd);
  evutil_make_socket_nonblocking(fd);
  return fd;
}

int CloseFailed(int fd) {
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

// @returns the descriptor of a socket that listens and stays open as long as the process.
int ListenForNobody() {
  const int fd = NewSocket(AF_INET);
  if (fd < 0) return -1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(fd, 1) != 0) {
    return CloseFailed(fd);
  }
  return fd;
}

}  // namespace

int ConnectUnix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = NewSocket(AF_UNIX);
  if (fd < 0) return -1;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS) {
    return CloseFailed(fd);
  }
  return fd;
}

int PlaceholderPort() {
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

void ReplaceSocket(bufferevent* connection, int fd) {
  const int placeholder = bufferevent_getfd(connection);
  bufferevent_setfd(connection, fd);
  if (placeholder >= 0) close(placeholder);
}

}  // namespace bitcoin_support
