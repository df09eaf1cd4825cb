#include "net/resolver_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace bitcoin_support {
namespace {

bool WriteAll(int fd, const std::string& text) {
  for (size_t written = 0; written < text.size();) {
    const ssize_t count = write(fd, text.data() + written, text.size() - written);
    if (count <= 0) return false;
    written += static_cast<size_t>(count);
  }
  return true;
}

// Adds the other spelling of each name after the address.
std::string WithOtherNames(const std::string& line) {
  std::istringstream words(line.substr(0, line.find('#')));
  std::string address;
  words >> address;
  std::string all = address;
  for (std::string name; words >> name;) {
    const bool rooted = name.size() > 1 && name.back() == '.';
    all += " " + name + " " + (rooted ? name.substr(0, name.size() - 1) : name + ".");
  }
  return all;
}

// Only a # or ; that begins a word begins a comment. After "search" libevent takes a comment for domains.
std::string WithoutComment(const std::string& line) {
  const size_t mark = line.find_first_of("#;");
  if (mark == std::string::npos) return line;
  const bool begins_word = mark == 0 || line[mark - 1] == ' ' || line[mark - 1] == '\t';
  return begins_word ? line.substr(0, mark) : line;
}

}  // namespace

ResolverFile::ResolverFile(const std::string& path, Kind kind) : m_path(path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return;
  std::string text;
  for (std::string line; std::getline(file, line);) {
    while (!line.empty() && line.back() == '\r') line.pop_back();
    text += (kind == Kind::kHosts ? WithOtherNames(line) : WithoutComment(line)) + "\n";
  }
  if (file.bad()) return;
  m_fd = memfd_create("resolver", MFD_CLOEXEC);
  if (m_fd >= 0 && WriteAll(m_fd, text)) m_path = "/proc/self/fd/" + std::to_string(m_fd);
}

ResolverFile::~ResolverFile() {
  if (m_fd >= 0) close(m_fd);
}

}  // namespace bitcoin_support
