// One part of a reply whose body is sent piece by piece.
#pragma once

struct evhttp_request;

namespace bitcoin_support {

class ByteSource;
class ServerConnection;
class SharedBytes;

/// Sends `data`, as a chunk where the reply is in chunks, to a request that may have a body. Short parts are
/// joined: they are written when many bytes wait, or else later in this turn. A longer part is written at
/// once, from where it lies, together with what waits before it.
///
/// @returns whether the next part should wait, because much waits for the peer already, or other connections
/// come first. Then what ServerConnection::WantWritten() has asked for follows.
/// @throws std::bad_alloc
bool SendReplyPart(evhttp_request* request, ServerConnection& connection, const ByteSource& data,
                   SharedBytes& shared);

}  // namespace bitcoin_support
