// Reads for a socket's bufferevent with fewer calls of the kernel than libevent.
#pragma once

struct bufferevent;

namespace bitcoin_support {

/// Has a connected socket's bufferevent read at once what has come. bufferevent_readcb() asks the kernel each
/// time how much that is, and takes no more than 4096 bytes. What is called and when stays libevent's.
///
/// Not for one with a rate limit: what is read here is not counted. It lasts until libevent is given another
/// descriptor for the bufferevent.
void ReadAtOnce(bufferevent* bev);

/// Has libevent read by itself again: C may do with the bufferevent what it likes.
void ReadAsLibevent(bufferevent* bev);

}  // namespace bitcoin_support
