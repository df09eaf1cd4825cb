// Nagle's algorithm.
#pragma once

namespace bitcoin_support {

/// Sets or clears TCP_NODELAY. A socket without it keeps short packets back until the peer has acknowledged
/// what was sent. Sockets that a listening socket accepts inherit its setting.
/// @returns false when that fails, with errno set. A socket that is not TCP's has no such setting: true.
bool SetNoDelay(int fd, bool on = true);

}  // namespace bitcoin_support
