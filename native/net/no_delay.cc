#include "net/no_delay.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace bitcoin_support {

bool SetNoDelay(int fd, bool on) {
  const int value = on ? 1 : 0;
  if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value) == 0) return true;
  return errno == EOPNOTSUPP || errno == ENOTSUP || errno == ENOPROTOOPT || errno == ENOTSOCK;
}

}  // namespace bitcoin_support
