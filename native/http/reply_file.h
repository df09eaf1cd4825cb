// One part of a reply whose body is a file.
#pragma once

#include <sys/types.h>

#include <cstddef>

struct evhttp_request;

namespace bitcoin_support {

class ServerConnection;

struct FileSent {
  size_t bytes = 0;    ///< that have been sent or queued; 0 without a wait is the end of the file
  bool waits = false;  ///< what ServerConnection::WantWritten() has asked for follows; the rest goes after it
  const char* failed_call = nullptr;  ///< the file cannot be read, and errno says why
};

/// Sends at most `length` bytes of the file, from `offset`, as the next part of a reply that is not in
/// chunks. The kernel takes them from the file by itself, unless somebody counts or limits what the
/// connection sends.
///
/// @throws std::bad_alloc
FileSent SendReplyFile(evhttp_request* request, ServerConnection& connection, int file, off_t offset,
                       size_t length);

}  // namespace bitcoin_support
