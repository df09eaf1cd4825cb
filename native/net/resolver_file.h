// The system's files about names, in a form that libevent reads correctly.
#pragma once

#include <string>

namespace bitcoin_support {

/// A copy of a file like /etc/hosts or /etc/resolv.conf in memory. It leaves out what libevent misreads: the
/// CR of a line end, which it takes for a part of the last word, and comments after a line's words. In hosts
/// files it adds each name with and without a final dot, since libevent compares names literally.
class ResolverFile {
 public:
  enum class Kind { kHosts, kResolvConf };

  ResolverFile(const std::string& path, Kind kind);
  ~ResolverFile();
  ResolverFile(const ResolverFile&) = delete;
  ResolverFile& operator=(const ResolverFile&) = delete;

  /// The path of the copy, good while this object lives. When there is no copy, the path of the file itself.
  const std::string& path() const { return m_path; }

 private:
  std::string m_path;
  int m_fd = -1;
};

}  // namespace bitcoin_support
