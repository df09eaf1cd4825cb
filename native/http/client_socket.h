// Sockets that a client's connection is given, where libevent would make its own.
#pragma once

#include <string>

struct evhttp_connection;

namespace bitcoin_support {

struct SocketTarget;

/// Connects to a UNIX socket without waiting. @returns the descriptor, or -1 with errno set.
int ConnectUnix(const std::string& path);

/// Has `connection` connect to an address of this process on which nobody ever accepts, when it is given its
/// next request. It must have EVHTTP_CON_REUSE_CONNECTED_ADDR.
/// @returns false with errno set where there is no such address
bool PointToPlaceholder(evhttp_connection* connection);

/// Puts `fd` in the place of the socket with which `connection` is connecting to the placeholder, which is
/// closed. libevent takes it for connected as soon as it can be written to, and `target`, if there is one,
/// for its address.
void ReplaceSocket(evhttp_connection* connection, int fd, const SocketTarget* target);

}  // namespace bitcoin_support
