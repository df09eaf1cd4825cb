// What a bufferevent's read callback writes.
#pragma once

#include "loop/event_base.h"

struct bufferevent;

namespace bitcoin_support {

/// Holds back what the read callback of a connected socket's bufferevent writes. When the callback has
/// returned, Send() sends all of it at once, without libevent asking the kernel first whether the socket is
/// writable. What the socket does not take is left to libevent as usual.
///
/// Meanwhile libevent takes writing for disabled. Call GiveUp() before reading or changing EV_WRITE, or
/// running a nested loop.
class HeldWrites final : public EventBase::Postponed {
 public:
  /// Holds nothing when writing is disabled, or when libevent waits for the socket already.
  /// @param innermost where the bufferevent's owner finds it while it exists
  HeldWrites(EventBase& base, bufferevent* bev, HeldWrites*& innermost);
  ~HeldWrites() { m_innermost = m_outer; }

  /// Leaves what has been written to libevent.
  void GiveUp() override;
  /// The bufferevent is being freed.
  void Forget() { m_bev = nullptr; }
  /// The callback has returned.
  void Send();

 private:
  /// Stops holding. @returns the bufferevent, or null when nothing was held
  bufferevent* Release();

  bufferevent* m_bev = nullptr;
  HeldWrites*& m_innermost;
  HeldWrites* const m_outer;
};

}  // namespace bitcoin_support
