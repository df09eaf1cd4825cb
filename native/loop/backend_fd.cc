#include "loop/backend_fd.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace bitcoin_support {
namespace {

bool Targets(const std::filesystem::path& fdinfo, int fd) {
  std::ifstream file(fdinfo);
  std::string word;
  while (file >> word) {
    int target = -1;
    if (word == "tfd:" && file >> target && target == fd) return true;
  }
  return false;
}

}  // namespace

int FindEpollWatching(int probe_fd) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    const auto link = std::filesystem::read_symlink(entry.path(), error);
    if (error || link != "anon_inode:[eventpoll]") continue;
    const std::string fd = entry.path().filename();
    if (Targets("/proc/self/fdinfo/" + fd, probe_fd)) return std::atoi(fd.c_str());
  }
  return -1;
}

}  // namespace bitcoin_support
