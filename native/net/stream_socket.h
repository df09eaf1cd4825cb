// Sockets for connections.
#pragma once

namespace bitcoin_support {

/// A non-blocking stream socket for `family`, with TCP_NODELAY where it is TCP's. The caller owns it.
/// @returns -1 with errno set on failure
int NewStreamSocket(int family);

}  // namespace bitcoin_support
