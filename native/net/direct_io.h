// Reads and writes for a socket's bufferevent with fewer and cheaper system calls than libevent's.
#pragma once

struct bufferevent;

namespace bitcoin_support {

/// Replaces the functions with which libevent reads and writes for the bufferevent of a connected socket.
/// bufferevent_readcb() asks the kernel each time how many bytes there are, and takes no more than 4096; ours
/// reads them at once. bufferevent_writecb() sends with a vector; ours sends without one where the output is
/// one piece. libevent calls the same callbacks at the same times.
///
/// Do not use it for a bufferevent with a rate limit, since libevent does not count these bytes, nor for one
/// that C knows, since C may set a limit or add a file for sendfile(). It lasts until bufferevent_setfd() is
/// called.
void UseDirectIo(bufferevent* bev);

/// Sends the output's bytes at once, without waiting until the socket is writable; libevent waits with what
/// is left. Call it inside a callback of `bev` only, in which libevent keeps it alive.
void SendNow(bufferevent* bev);

/// Puts libevent's own functions back.
void UseLibeventIo(bufferevent* bev);

}  // namespace bitcoin_support
