// Sockets that a client's connection is given, where libevent would make its own.
#pragma once

#include <string>

struct bufferevent;

namespace bitcoin_support {

/// Connects to a UNIX socket without waiting. @returns the descriptor, or -1 with errno set.
int ConnectUnix(const std::string& path);

/// Port of 127.0.0.1 on which this process listens and never accepts: the address that an evhttp_connection
/// is told to connect to when it is to have a socket of ours. @returns 0 with errno set where there is none.
int PlaceholderPort();

/// Puts `fd` in the place of the socket with which `connection` is connecting, which is closed. libevent
/// takes it for connected as soon as it can be written to.
void ReplaceSocket(bufferevent* connection, int fd);

}  // namespace bitcoin_support
