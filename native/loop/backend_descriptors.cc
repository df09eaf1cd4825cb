#include "loop/backend_descriptors.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "libevent/scrubbing_heap.h"

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

bool IsEpoll(const std::filesystem::path& link) {
  std::error_code error;
  return std::filesystem::read_symlink(link, error) == "anon_inode:[eventpoll]" && !error;
}

// The event inside the event_base that waits for signals, with the pair behind it. libevent's struct
// evsig_info begins with these two; the descriptor that stands in both shows that it is this.
struct SignalPair {
  event ev;
  evutil_socket_t fds[2];
};

SignalPair* FindSignalPair(event_base* base) {
  const size_t size = ScrubbingBlockSize(base);
  char* const block = reinterpret_cast<char*>(base);
  for (size_t at = 0; at + sizeof(SignalPair) <= size; at += alignof(SignalPair)) {
    auto* const found = reinterpret_cast<SignalPair*>(block + at);
    if (found->ev.ev_base == base && found->ev.ev_evcallback.evcb_arg == base && found->ev.ev_fd >= 0 &&
        found->ev.ev_fd == found->fds[0] && found->fds[1] >= 0 &&
        (found->ev.ev_evcallback.evcb_flags & EVLIST_INTERNAL) != 0) {
      return found;
    }
  }
  return nullptr;
}

}  // namespace

BackendRoom LookForBackendRoom() {
  // An epoll instance and its timer, or as many for another backend, and a pair for signals.
  int fds[4] = {-1, -1, -1, -1};
  BackendRoom room;
  if (pipe(fds) != 0 || pipe(fds + 2) != 0) room.error = errno;
  room.first_free = *std::min_element(fds, fds + 4);
  for (const int fd : fds) {
    if (fd >= 0) close(fd);
  }
  return room;
}

void CloseSignalPair(event_base* base) {
  SignalPair* const pair = FindSignalPair(base);
  if (pair == nullptr) return;
  for (evutil_socket_t& fd : pair->fds) close(std::exchange(fd, -1));
}

bool IsEpollWatching(int fd, int probe_fd) {
  const std::string name = std::to_string(fd);
  return IsEpoll("/proc/self/fd/" + name) && Targets("/proc/self/fdinfo/" + name, probe_fd);
}

int FindEpollWatching(int probe_fd) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    const std::string fd = entry.path().filename();
    if (IsEpoll(entry.path()) && Targets("/proc/self/fdinfo/" + fd, probe_fd)) return std::atoi(fd.c_str());
  }
  return -1;
}

}  // namespace bitcoin_support
