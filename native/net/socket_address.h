// Addresses of sockets.
#pragma once

#include <napi.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <optional>
#include <string>

namespace bitcoin_support {

class Environment;

/// The address of a UNIX socket; nothing when the path is empty or too long.
std::optional<sockaddr_un> UnixAddress(const std::string& path);

/// [family, address or path, port] for JavaScript, with the family `IPv4`, `IPv6` or `unix`. The path of a
/// UNIX socket without a name is ''; one in the abstract namespace begins with NUL.
Napi::Array DescribeAddress(Napi::Env env, const sockaddr* address, socklen_t length);

/// DescribeAddress() of the address that `fd` is bound to. @throws EventError ERR_EV_LIBEVENT with errno
Napi::Array DescribeLocalAddress(const Environment& env, int fd);

}  // namespace bitcoin_support
