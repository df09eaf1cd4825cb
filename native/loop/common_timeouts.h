// Timeouts that many events share.
#pragma once

#include <sys/time.h>

#include <vector>

struct event_base;

namespace bitcoin_support {

/// The common timeouts of one base: libevent keeps all events with the same one of them in a queue
/// instead of its heap. The results are in the form that event_add() takes them in.
class CommonTimeouts {
 public:
  /// Makes `timeout` a common one. @returns false when the base has no room for one more
  bool Init(const timeval& timeout);
  /// `timeout` as a common one, or as it is when there is no room.
  timeval Common(event_base* base, const timeval& timeout);
  /// `timeout` as a common one if Init() or Common() was called for it before, else as it is.
  timeval CommonIfKnown(event_base* base, const timeval& timeout);

 private:
  bool Knows(const timeval& timeout) const;

  std::vector<timeval> m_known;
};

}  // namespace bitcoin_support
