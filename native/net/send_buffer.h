// How much the kernel holds of what is sent.
#pragma once

struct sockaddr;

namespace bitcoin_support {

/// Bounds the send buffer of a socket that is bound to `address`, or connects to it, if that is a loopback
/// address. There nothing is on its way, so that a larger buffer only lets what is sent fall out of the
/// processor's cache before it is read. On other addresses the kernel knows best. Sockets that a listening
/// socket accepts inherit its bound.
void BoundSendBuffer(int fd, const sockaddr* address);

}  // namespace bitcoin_support
