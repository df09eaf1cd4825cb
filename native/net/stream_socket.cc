#include "net/stream_socket.h"

#include <sys/socket.h>

#include "net/no_delay.h"

namespace bitcoin_support {

int NewStreamSocket(int family) {
  const int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0 && family != AF_UNIX) SetNoDelay(fd);
  return fd;
}

}  // namespace bitcoin_support
