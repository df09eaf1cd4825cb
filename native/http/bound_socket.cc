#include "http/bound_socket.h"

#include <event2/http.h>
#include <event2/listener.h>
#include <unistd.h>

#include <atomic>
#include <unordered_map>
#include <utility>

#include "libevent/event_callback.h"
#include "libevent/memory_reserve.h"
#include "libevent/per_thread.h"

namespace bitcoin_support {
namespace {

// evhttp sets the argument of the listener's error callback, so the listener itself is the key to our object.
// One thread uses a listener, so each thread has a map of its own.
thread_local PerThread<std::unordered_map<const void*, BoundSocket*>> t_sockets;

// libevent's function that accepts what waits. It does not export it.
std::atomic<event_callback_fn> g_accept{nullptr};

// The event with which a listener waits; its argument is the listener.
event* EventOf(event_base* base, evconnlistener* listener) {
  struct Search {
    const evconnlistener* listener;
    event* found;
  } search{listener, nullptr};
  event_base_foreach_event(
      base,
      [](const event_base*, const event* each, void* arg) {
        auto* const search = static_cast<Search*>(arg);
        if (event_get_callback_arg(each) != search->listener) return 0;
        search->found = const_cast<event*>(each);
        return 1;
      },
      &search);
  return search.found;
}

}  // namespace

void BoundSocket::OnAcceptError(evconnlistener* listener, void*) {
  const auto entry = t_sockets->find(listener);
  if (entry != t_sockets->end()) entry->second->m_pause.Begin(AcceptPause::kAfterError);
}

// Comes before libevent accepts.
void BoundSocket::OnAcceptable(evutil_socket_t fd, short what, void* listener) {
  const auto entry = t_sockets->find(listener);
  if (entry == t_sockets->end() || MemoryReserve::IsFull()) {
    g_accept.load(std::memory_order_relaxed)(fd, what, listener);
  } else {
    entry->second->m_pause.Begin(AcceptPause::kAfterError);
  }
}

void BoundSocket::PauseForMemory() {
  if (!MemoryReserve::IsFull()) m_pause.Begin(AcceptPause::kAfterError);
}

bool BoundSocket::WaitsWith(const event* ev) const {
  return event_get_fd(ev) == evhttp_bound_socket_get_fd(m_bound) || m_pause.WaitsWith(ev);
}

BoundSocket::BoundSocket(event_base* base, evhttp_bound_socket* bound, std::string unlink_path)
    : m_bound(bound),
      m_unlink_path(std::move(unlink_path)),
      m_pause(base, evhttp_bound_socket_get_listener(bound)) {
  evconnlistener* const listener = evhttp_bound_socket_get_listener(bound);
  (*t_sockets)[listener] = this;
  evconnlistener_set_error_cb(listener, OnAcceptError);
  if (event* const waits = EventOf(base, listener)) {
    ReplaceEventCallback(*waits, OnAcceptable, g_accept);
  }
}

void BoundSocket::Pause(bool on) {
  evconnlistener* const listener = evhttp_bound_socket_get_listener(m_bound);
  if (on) {
    m_pause.Cancel();
    evconnlistener_disable(listener);
  } else {
    evconnlistener_enable(listener);
  }
}

BoundSocket::~BoundSocket() {
  t_sockets->erase(evhttp_bound_socket_get_listener(m_bound));
  if (!m_unlink_path.empty()) unlink(m_unlink_path.c_str());
}

}  // namespace bitcoin_support
