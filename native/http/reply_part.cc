#include "http/reply_part.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <new>
#include <string_view>
#include <utility>

#include "buffers/append_bytes.h"
#include "buffers/shared_bytes.h"
#include "buffers/unique_buffer.h"
#include "http/server_connection.h"
#include "napi/byte_source.h"

namespace bitcoin_support {
namespace {

// How many bytes may wait for the peer before the next part has to.
constexpr size_t kMostWaiting = 64 * 1024;

// What stands before a part and behind it.
class Frame {
 public:
  Frame(const evhttp_request* request, size_t size) {
    if (request->chunked == 0) return;
    char* const end = std::to_chars(m_line.data(), m_line.data() + m_line.size() - 2, size, 16).ptr;
    end[0] = '\r';
    end[1] = '\n';
    m_head = {m_line.data(), static_cast<size_t>(end + 2 - m_line.data())};
    m_tail = "\r\n";
  }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  std::string_view head() const { return m_head; }
  std::string_view tail() const { return m_tail; }

 private:
  std::array<char, 2 * sizeof(size_t) + 2> m_line;
  std::string_view m_head;
  std::string_view m_tail;
};

// What is left of a text of which `done` bytes have been written, `done` being reduced by those that it had.
std::string_view Rest(std::string_view text, size_t& done) {
  const size_t here = std::min(done, text.size());
  done -= here;
  return text.substr(here);
}

void Add(evbuffer* buffer, std::string_view bytes) {
  if (!bytes.empty() && evbuffer_add(buffer, bytes.data(), bytes.size()) != 0) throw std::bad_alloc();
}

// Adds all but the first `done` bytes of the part.
void AddRest(evbuffer* buffer, const Frame& frame, const ByteSource& data, HeldBytes held, size_t done,
             SharedBytes& shared) {
  Add(buffer, Rest(frame.head(), done));
  if (done == 0 && held.owner == nullptr && data.size() < SharedBytes::kLeast) {
    AppendBytes(data, buffer);
  } else {
    const size_t start = std::min(done, data.size());
    done -= start;
    const size_t rest = data.size() - start;
    if (held.owner == nullptr && rest >= SharedBytes::kLeast) held = shared.Hold(data);
    if (held.owner != nullptr && rest > 0) {
      held.AppendTo(buffer, start);
    } else {
      Add(buffer, held.view.substr(start));
    }
  }
  Add(buffer, Rest(frame.tail(), done));
}

}  // namespace

bool SendReplyPart(evhttp_request* request, ServerConnection& connection, const ByteSource& data,
                   SharedBytes& shared) {
  using Sent = ServerConnection::Sent;
  const Frame frame(request, data.size());
  const bool joins = connection.queued() + data.size() < kMostWaiting;
  ServerConnection::Written written;
  HeldBytes held;
  if (!joins && connection.MayWritePartNow()) {
    // A long string has to be written out somewhere.
    if (const auto bytes = data.view()) {
      held.view = *bytes;
    } else {
      held = shared.Hold(data);
    }
    written = connection.WritePartNow(frame.head(), held.view, frame.tail());
    if (written.sent == Sent::kAll) return connection.PausesParts();
  }
  if (connection.reports_parts()) {
    const bool waits = connection.writes_part();
    connection.BeginPart();
    AddRest(connection.output(), frame, data, std::move(held), written.bytes, shared);
    if (!waits) connection.FlushSoon(written.sent);
  } else {
    const UniqueBuffer rest = NewBuffer();
    AddRest(rest.get(), frame, data, std::move(held), written.bytes, shared);
    connection.BeginPart();
    // evhttp sends as it is what is no chunk for it.
    const bool chunked = request->chunked != 0;
    request->chunked = 0;
    evhttp_send_reply_chunk_with_cb(request, rest.get(), ServerConnection::OnWritten, &connection);
    request->chunked = chunked;
    connection.FlushSoon(written.sent);
  }
  return written.sent == Sent::kFull || connection.queued() >= kMostWaiting || connection.OutputIsFull();
}

}  // namespace bitcoin_support
