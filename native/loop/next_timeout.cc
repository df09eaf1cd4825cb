#include "loop/next_timeout.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <time.h>

#include <algorithm>
#include <climits>
#include <cstdint>

namespace bitcoin_support {
namespace {

constexpr int64_t kNone = INT64_MAX;

// Events with a common timeout keep the queue's index in the upper bits of tv_usec.
constexpr int64_t kMicrosecondsMask = 0x000fffff;

int CollectEarliest(const event_base*, const event* ev, void* arg) {
  // Internal timers concern a loop that runs, or stand for a queue of events that are listed themselves.
  constexpr int kKinds = EVLIST_TIMEOUT | EVLIST_INTERNAL;
  if ((ev->ev_evcallback.evcb_flags & kKinds) == EVLIST_TIMEOUT) {
    auto& earliest = *static_cast<int64_t*>(arg);
    const int64_t due =
        int64_t{ev->ev_timeout.tv_sec} * 1'000'000 + (int64_t{ev->ev_timeout.tv_usec} & kMicrosecondsMask);
    earliest = std::min(earliest, due);
  }
  return 0;
}

}  // namespace

int NextTimeoutMs(event_base* base, bool precise) {
  if (event_base_get_num_events(base, EVENT_BASE_COUNT_ACTIVE) > 0) return 0;
  int64_t earliest = kNone;
  event_base_foreach_event(base, CollectEarliest, &earliest);
  if (earliest == kNone) return -1;
  // The clock on which libevent keeps timeouts.
  timespec now{};
#if defined(CLOCK_MONOTONIC_COARSE)
  clock_gettime(precise ? CLOCK_MONOTONIC : CLOCK_MONOTONIC_COARSE, &now);
#else
  static_cast<void>(precise);
  clock_gettime(CLOCK_MONOTONIC, &now);
#endif
  const int64_t now_us = int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  const int64_t wait_us = earliest - now_us;
  if (wait_us <= 0) return 0;
  return static_cast<int>(std::min<int64_t>((wait_us + 999) / 1000, INT_MAX));
}

}  // namespace bitcoin_support
