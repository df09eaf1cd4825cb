// A socket's address as JavaScript reads it.
#pragma once

#include <napi.h>
#include <sys/socket.h>

namespace bitcoin_support {

class Environment;

/// [family, address or path, port], with the family `IPv4`, `IPv6` or `unix`. A UNIX socket without a name
/// has the path ''; one in the abstract name space begins with NUL.
Napi::Array DescribeAddress(Napi::Env env, const sockaddr* address, socklen_t length);

/// Where `fd` is bound. @throws EventError ERR_EV_LIBEVENT with errno
Napi::Array DescribeLocalAddress(const Environment& env, int fd);

}  // namespace bitcoin_support
