// Making listening sockets. libevent's own functions cannot bind ::1 on a host whose only IPv6 is loopback,
// and have neither SO_REUSEPORT nor UNIX sockets.
#pragma once

#include <cstdint>
#include <string>

namespace bitcoin_support {

class Environment;

struct ListenOptions {
  int backlog = 128;
  bool reuse_address = true;
  bool reuse_port = false;
  bool ipv6_only = false;
};

/// A descriptor, or -1 with the call that failed and its errno (an EAI_ code for getaddrinfo).
struct ListenResult {
  int fd = -1;
  const char* failed_call = nullptr;
  int error = 0;
};

/// Binds and listens on the first address of `host` that works. An empty host is every address.
/// The descriptor is non-blocking and closes on exec; the caller owns it.
ListenResult ListenTcp(const std::string& host, uint16_t port, const ListenOptions& options);

/// Binds and listens on a UNIX socket at `path`, then gives it `mode` (negative: the umask's).
ListenResult ListenUnix(const std::string& path, int mode, const ListenOptions& options);

/// For native functions: as above, and @throws EventError ERR_EV_BIND.
int ListenTcpOrThrow(const Environment& env, const std::string& host, uint16_t port,
                     const ListenOptions& options);
int ListenUnixOrThrow(const Environment& env, const std::string& path, int mode,
                      const ListenOptions& options);

}  // namespace bitcoin_support
