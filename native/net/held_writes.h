// What a bufferevent's read callback writes.
#pragma once

#include "loop/event_base.h"

struct bufferevent;

namespace bitcoin_support {

/// Holds back what the read callback of a connected socket's bufferevent writes, until it returns: then all
/// of it is sent at once, without libevent asking the kernel first whether the socket is writable. What does
/// not go is left to libevent as usual.
///
/// Meanwhile libevent takes writing for disabled. Who may look at that, change it or run a loop has it given
/// up first.
class HeldWrites final : public EventBase::Postponed {
 public:
  /// Holds nothing when writing is disabled, or libevent waits for the socket already.
  HeldWrites(EventBase& base, bufferevent* bev);

  /// Leaves what has been written to libevent.
  void GiveUp() override;
  /// The bufferevent is no more.
  void Forget() { m_bev = nullptr; }
  /// The callback has returned.
  void Send();

 private:
  /// @returns the bufferevent, as it was; null when nothing is held.
  bufferevent* Release();

  bufferevent* m_bev = nullptr;
};

}  // namespace bitcoin_support
