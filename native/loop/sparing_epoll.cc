#include "loop/sparing_epoll.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "libevent/per_thread.h"
#include "libevent/scrubbing_heap.h"
#include "loop/backend_table.h"

namespace bitcoin_support {
namespace {

// libevent's struct epollop (epoll.c), where it has been built with timerfd.
struct Epoll {
  void* events;
  int room;
  int epoll_fd;
  int timer_fd;
};

constexpr int kNoTimer = -1;

// A wait that is longer than this is cut short by the rest of a millisecond and by one more, since epoll's
// timeout may be late. libevent then finds that nothing is due, and waits for the rest with its timer.
constexpr timeval kLeast{0, 3000};

bool IsZero(const timeval& time) { return time.tv_sec == 0 && time.tv_usec == 0; }

timeval Shortened(const timeval& time) {
  const timeval margin{0, 1000 + time.tv_usec % 1000};
  timeval shorter{};
  evutil_timersub(&time, &margin, &shorter);
  return shorter;
}

// The bases whose timer libevent has set. It would wake epoll again and again.
thread_local PerThread<std::unordered_set<const event_base*>> t_set;

void Unset(int timer_fd) {
  const itimerspec never{};
  timerfd_settime(timer_fd, 0, &never, nullptr);
}

// @returns whether there was memory to note it
bool NoteTimerSet(const event_base* base) {
  try {
    t_set->insert(base);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

// The base whose next wait finds nothing.
thread_local const event_base* t_spared = nullptr;

// @param time how long libevent would wait
bool SparesPoll(event_base* base, const timeval* time) {
  if (std::exchange(t_spared, nullptr) != base) return false;
  return time != nullptr && IsZero(*time) && event_base_get_npriorities(base) == 1 &&
         event_base_get_num_events(base, EVENT_BASE_COUNT_ACTIVE) > 0;
}

// What dispatch() of the backend does, in two tables: one with a change list and one without.
template <const BackendTable*& kLibevents>
int Wait(event_base* base, timeval* time) {
  if (SparesPoll(base, time)) return 0;
  auto* const epoll = static_cast<Epoll*>(reinterpret_cast<BaseHead*>(base)->state);
  const bool coarse = time == nullptr || IsZero(*time) || !evutil_timercmp(time, &kLeast, <);
  if (epoll->timer_fd < 0) return kLibevents->dispatch(base, time);
  if (!coarse) {
    const bool noted = NoteTimerSet(base);
    const int result = kLibevents->dispatch(base, time);
    if (!noted) Unset(epoll->timer_fd);
    return result;
  }
  const int timer_fd = epoll->timer_fd;
  if (ForgetTimer(base)) Unset(timer_fd);
  epoll->timer_fd = kNoTimer;
  timeval shorter{};
  if (time != nullptr && !IsZero(*time)) {
    shorter = Shortened(*time);
    time = &shorter;
  }
  const int result = kLibevents->dispatch(base, time);
  epoll->timer_fd = timer_fd;
  return result;
}

const BackendTable* g_plain = nullptr;
const BackendTable* g_with_changes = nullptr;

template <const BackendTable*& kLibevents>
const BackendTable* Coarse(const BackendTable* backend) {
  static const BackendTable coarse = [backend] {
    kLibevents = backend;
    BackendTable copy = *backend;
    copy.dispatch = Wait<kLibevents>;
    return copy;
  }();
  return &coarse;
}

bool IsA(int fd, std::string_view kind) {
  char target[64];
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = readlink(path.c_str(), target, sizeof target);
  return length > 0 && std::string_view(target, static_cast<size_t>(length)) == kind;
}

bool HasTimer(const void* state) {
  if (state == nullptr || ScrubbingBlockSize(state) < sizeof(Epoll)) return false;
  const auto* const epoll = static_cast<const Epoll*>(state);
  return IsA(epoll->epoll_fd, "anon_inode:[eventpoll]") && IsA(epoll->timer_fd, "anon_inode:[timerfd]");
}

}  // namespace

void SpareNextPoll(const event_base* base) { t_spared = base; }

bool ForgetTimer(const event_base* base) {
  auto* const set = t_set.get();
  return set != nullptr && set->erase(base) > 0;
}

void UseSparingEpoll(event_base* base) {
  BaseHead* const head = BaseHead::Of(base);
  if (head == nullptr) return;
  const bool plain = std::strcmp(head->backend->name, "epoll") == 0;
  const bool with_changes = std::strcmp(head->backend->name, "epoll (with changelist)") == 0;
  if (!(plain || with_changes) || !HasTimer(head->state)) return;
  head->backend = plain ? Coarse<g_plain>(head->backend) : Coarse<g_with_changes>(head->backend);
}

}  // namespace bitcoin_support
