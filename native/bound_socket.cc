#include "bound_socket.h"

#include <event2/http.h>
#include <event2/listener.h>
#include <unistd.h>

#include <unordered_map>
#include <utility>

namespace bitcoin_support {
namespace {

// How long to stop accepting when accept() fails for want of descriptors or memory.
constexpr timeval kAcceptAgain{0, 100'000};

// The error callback's argument is evhttp's, so the listener has to lead to us. Listeners are used by
// their thread alone.
std::unordered_map<evconnlistener*, event*>& AcceptAgainEvents() {
  thread_local std::unordered_map<evconnlistener*, event*> events;
  return events;
}

void OnAcceptError(evconnlistener* listener, void*) {
  const auto entry = AcceptAgainEvents().find(listener);
  if (entry == AcceptAgainEvents().end()) return;
  // Left enabled it would report the same error for ever and take the whole thread.
  evconnlistener_disable(listener);
  event_add(entry->second, &kAcceptAgain);
}

void OnAcceptAgain(evutil_socket_t, short, void* arg) {
  evconnlistener_enable(static_cast<evconnlistener*>(arg));
}

}  // namespace

BoundSocket::BoundSocket(event_base* base, evhttp_bound_socket* bound, std::string unlink_path)
    : m_bound(bound), m_unlink_path(std::move(unlink_path)) {
  evconnlistener* const listener = evhttp_bound_socket_get_listener(bound);
  m_accept_again = event_new(base, -1, 0, OnAcceptAgain, listener);
  if (m_accept_again == nullptr) return;
  AcceptAgainEvents()[listener] = m_accept_again;
  evconnlistener_set_error_cb(listener, OnAcceptError);
}

BoundSocket::~BoundSocket() {
  if (m_accept_again != nullptr) {
    AcceptAgainEvents().erase(evhttp_bound_socket_get_listener(m_bound));
    event_free(m_accept_again);
  }
  if (!m_unlink_path.empty()) unlink(m_unlink_path.c_str());
}

}  // namespace bitcoin_support
