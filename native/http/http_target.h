// The target of a request line.
#pragma once

#include <string_view>

namespace bitcoin_support {

/// The path of a URI in origin form or absolute form: not decoded, without the query.
inline std::string_view RawPath(std::string_view uri) {
  const size_t end = uri.find_first_of("?#");
  std::string_view path = uri.substr(0, end);
  if (!path.empty() && path.front() != '/') {
    const size_t scheme = path.find("://");
    if (scheme != std::string_view::npos) {
      const size_t slash = path.find('/', scheme + 3);
      path = slash == std::string_view::npos ? std::string_view("/") : path.substr(slash);
    }
  }
  return path;
}

}  // namespace bitcoin_support
