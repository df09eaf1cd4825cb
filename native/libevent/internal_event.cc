#include "libevent/internal_event.h"

#include <event2/event_struct.h>

#include <new>

namespace bitcoin_support {

InternalEvent::InternalEvent(event_base* base, int fd, int what, event_callback_fn callback, void* arg,
                             int priority)
    : m_event(event_new(base, fd, static_cast<short>(what), callback, arg)) {
  if (m_event == nullptr) throw std::bad_alloc();
  event_priority_set(m_event, priority);
  // The flag that libevent sets on its own events; struct event is public for such uses.
  m_event->ev_evcallback.evcb_flags |= EVLIST_INTERNAL;
}

InternalEvent::~InternalEvent() { event_free(m_event); }

bool InternalEvent::Add(const timeval* timeout) { return event_add(m_event, timeout) == 0; }

void InternalEvent::Del() { event_del(m_event); }

}  // namespace bitcoin_support
