#include "net/held_writes.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_struct.h>
#include <event2/event.h>

#include <utility>

#include "net/direct_io.h"

namespace bitcoin_support {

HeldWrites::HeldWrites(EventBase& base, bufferevent* bev, HeldWrites*& innermost)
    : Postponed(base), m_innermost(innermost), m_outer(std::exchange(innermost, this)) {
  if ((bev->enabled & EV_WRITE) == 0 || event_pending(&bev->ev_write, EV_WRITE, nullptr) != 0) return;
  m_bev = bev;
  // When bytes are added to the output, libevent begins to write only if this is set.
  bev->enabled &= ~EV_WRITE;
}

bufferevent* HeldWrites::Release() {
  bufferevent* const bev = std::exchange(m_bev, nullptr);
  if (bev != nullptr) bev->enabled |= EV_WRITE;
  return bev;
}

void HeldWrites::GiveUp() {
  bufferevent* const bev = Release();
  if (bev != nullptr && evbuffer_get_length(bev->output) > 0) bufferevent_enable(bev, EV_WRITE);
}

void HeldWrites::Send() {
  bufferevent* const bev = Release();
  if (bev != nullptr && evbuffer_get_length(bev->output) > 0) SendNow(bev);
}

}  // namespace bitcoin_support
