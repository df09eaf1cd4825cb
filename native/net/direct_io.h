// Reads and writes of a socket's bufferevent with fewer and cheaper calls of the kernel than libevent's.
#pragma once

struct bufferevent;

namespace bitcoin_support {

/// Has the bufferevent of a connected socket read what has come at once, where bufferevent_readcb() asks the
/// kernel each time how much that is and takes no more than 4096 bytes, and send what lies in one piece
/// without a vector. What is called and when stays libevent's.
///
/// Not for one with a rate limit: what goes through here is not counted. Nor for one that C knows, which may
/// give it a limit, or a file that is left to sendfile(). It lasts until libevent is given another descriptor
/// for the bufferevent.
void UseDirectIo(bufferevent* bev);

/// Sends what the output has, though libevent does not wait for the socket, and has it wait with what is
/// left. Only inside a callback of `bev`, in which libevent keeps it.
void SendNow(bufferevent* bev);

/// Has libevent read and write by itself again.
void UseLibeventIo(bufferevent* bev);

}  // namespace bitcoin_support
