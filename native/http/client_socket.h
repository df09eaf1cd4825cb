// Gives a client's connection a socket that is connected already, in the place of libevent's own.
#pragma once

#include <string>

struct evhttp_connection;

namespace bitcoin_support {

struct SocketTarget;

/// Connects to a UNIX socket without waiting. @returns the descriptor, or -1 with errno set.
int ConnectUnix(const std::string& path);

/// Makes `connection` connect to a placeholder at its next request: an address of this process on which
/// nothing is ever accepted. The connection must have EVHTTP_CON_REUSE_CONNECTED_ADDR.
/// @returns false with errno set where there is no such address
bool PointToPlaceholder(evhttp_connection* connection);

/// Closes the socket with which `connection` is connecting to the placeholder, and puts `fd` in its place.
/// libevent takes `fd` for connected as soon as it is writable, and `target`, if there is one, for the
/// address of the peer.
void ReplaceSocket(evhttp_connection* connection, int fd, const SocketTarget* target);

}  // namespace bitcoin_support
