// Headers that are collected before they are used.
#pragma once

#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <sys/queue.h>

namespace bitcoin_support {

/// Owns a list of headers, so that an error half-way leaves the message unchanged.
class HeaderList {
 public:
  HeaderList() { TAILQ_INIT(&m_headers); }
  ~HeaderList() { evhttp_clear_headers(&m_headers); }
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;

  evkeyvalq* list() { return &m_headers; }

  bool Add(const char* name, const char* value) { return evhttp_add_header(&m_headers, name, value) == 0; }

  /// Appends all to `target` and is empty afterwards.
  void MoveTo(evkeyvalq* target) {
    evkeyvalq* const source = &m_headers;
    TAILQ_CONCAT(target, source, next);
  }

 private:
  evkeyvalq m_headers;
};

}  // namespace bitcoin_support
