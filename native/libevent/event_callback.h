// Callbacks of libevent's own events that are replaced by ours.
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>

#include <atomic>

namespace bitcoin_support {

/// For an event that may be pending, as event_assign() is not.
inline void SetEventCallback(event& ev, event_callback_fn callback) {
  ev.ev_evcallback.evcb_cb_union.evcb_callback = callback;
}

/// Puts `ours` in the place of libevent's function, which is the first that is found there: libevent does not
/// export it, so `theirs` keeps it.
inline void ReplaceEventCallback(event& ev, event_callback_fn ours, std::atomic<event_callback_fn>& theirs) {
  event_callback_fn none = nullptr;
  theirs.compare_exchange_strong(none, event_get_callback(&ev), std::memory_order_relaxed);
  SetEventCallback(ev, ours);
}

}  // namespace bitcoin_support
