// What a server demands of requests before evhttp sees them.
#pragma once

#include <event2/event.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "http/http_strict_parser.h"

namespace bitcoin_support {

/// Belongs to the server that accepts. Its connections read it at each request.
struct RequestRules {
  HttpStrictParser::Limits limits;
  unsigned methods = 0;                        ///< EVHTTP_REQ_* bits that are allowed
  bool lingering = false;                      ///< read a body that is too long to its end before answering
  std::vector<std::string> extension_methods;  ///< those that libevent does not know
  std::unordered_set<std::string> streamed;    ///< paths whose handlers read the body themselves
  size_t max_output = SIZE_MAX;                ///< what may wait for the peer when more of a reply is added
  std::optional<timeval> deadline;             ///< from a request's first byte to its last
  timeval read_timeout{};  ///< between two pieces of a streamed body, or of a streamed reply

  bool IsExtension(std::string_view method) const {
    return std::find(extension_methods.begin(), extension_methods.end(), method) != extension_methods.end();
  }
};

}  // namespace bitcoin_support
