#include "http/reply_file.h"

#include <event2/http.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>

#include "buffers/memory_block.h"
#include "buffers/unique_buffer.h"
#include "http/server_connection.h"

namespace bitcoin_support {
namespace {

// How much is read at once where sendfile(2) cannot be used.
constexpr size_t kMostReadAtOnce = 256 * 1024;

// Queues what it reads.
FileSent SendCopy(evhttp_request* request, ServerConnection& connection, int file, off_t offset,
                  size_t length) {
  const auto block = std::make_shared<MemoryBlock>(std::min(length, kMostReadAtOnce));
  ssize_t read = 0;
  do {
    read = pread(file, block->end(), block->room(), offset);
  } while (read < 0 && errno == EINTR);
  if (read < 0) return {.failed_call = "pread"};
  if (read == 0) return {};
  block->Commit(static_cast<size_t>(read));
  const UniqueBuffer part = NewBuffer();
  MemoryBlock::Append(block, part.get());
  connection.BeginPart();
  evhttp_send_reply_chunk_with_cb(request, part.get(), ServerConnection::OnWritten, &connection);
  connection.FlushSoon();
  return {static_cast<size_t>(read), true};
}

}  // namespace

FileSent SendReplyFile(evhttp_request* request, ServerConnection& connection, int file, off_t offset,
                       size_t length) {
  if (!connection.MayWritePartNow()) return SendCopy(request, connection, file, offset, length);
  connection.FlushNow();
  if (!connection.HasOutput()) {
    const ssize_t sent = connection.SendFileNow(file, offset, length);
    if (sent > 0) return {static_cast<size_t>(sent), connection.PausesParts()};
    if (sent == 0) return {};
    // Of pipes, devices and the like, and of systems without such a call.
    if (errno == EINVAL || errno == ENOSYS) return SendCopy(request, connection, file, offset, length);
    // The connection's errors are found when it is waited for.
    if (errno != EAGAIN && errno != EINTR && errno != EPIPE && errno != ECONNRESET) {
      return {.failed_call = "sendfile"};
    }
  }
  if (!connection.PauseUntilWritable()) throw std::bad_alloc();
  return {.waits = true};
}

}  // namespace bitcoin_support
