// Nagle's algorithm.
#pragma once

namespace bitcoin_support {

/// Has a TCP socket send at once what it has (TCP_NODELAY), or wait until the peer has acknowledged what was
/// sent. What a listening socket accepts has it from that one.
/// @returns false when it fails, errno says why. What is not TCP's has no such thing, which is no failure.
bool SetNoDelay(int fd, bool on);

}  // namespace bitcoin_support
