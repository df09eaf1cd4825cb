// The system's files about names, as libevent can read them.
#pragma once

#include <string>

namespace bitcoin_support {

/// A copy of a file like /etc/hosts or /etc/resolv.conf in memory, without what libevent does not understand:
/// the CR of a line end, which it takes for a part of the last word, and comments behind a line's words. In
/// hosts files each name stands with and without the dot that may end it, which libevent takes for another
/// name.
class ResolverFile {
 public:
  enum class Kind { kHosts, kResolvConf };

  ResolverFile(const std::string& path, Kind kind);
  ~ResolverFile();
  ResolverFile(const ResolverFile&) = delete;
  ResolverFile& operator=(const ResolverFile&) = delete;

  /// Where libevent reads it as long as this lives: that of the file itself where it cannot be read.
  const std::string& path() const { return m_path; }

 private:
  std::string m_path;
  int m_fd = -1;
};

}  // namespace bitcoin_support
