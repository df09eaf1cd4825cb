#include "http/bound_socket.h"

#include <event2/http.h>
#include <event2/listener.h>
#include <unistd.h>

#include <unordered_map>
#include <utility>

namespace bitcoin_support {
namespace {

// evhttp sets the argument of the listener's error callback, so the listener itself is the key to our object.
// One thread uses a listener, so each thread has a map of its own.
std::unordered_map<evconnlistener*, AcceptPause*>& Pauses() {
  thread_local std::unordered_map<evconnlistener*, AcceptPause*> pauses;
  return pauses;
}

void OnAcceptError(evconnlistener* listener, void*) {
  const auto entry = Pauses().find(listener);
  if (entry != Pauses().end()) entry->second->Begin(AcceptPause::kAfterError);
}

}  // namespace

bool BoundSocket::WaitsWith(const event* ev) const {
  return event_get_fd(ev) == evhttp_bound_socket_get_fd(m_bound) || m_pause.WaitsWith(ev);
}

BoundSocket::BoundSocket(event_base* base, evhttp_bound_socket* bound, std::string unlink_path)
    : m_bound(bound),
      m_unlink_path(std::move(unlink_path)),
      m_pause(base, evhttp_bound_socket_get_listener(bound)) {
  evconnlistener* const listener = evhttp_bound_socket_get_listener(bound);
  Pauses()[listener] = &m_pause;
  evconnlistener_set_error_cb(listener, OnAcceptError);
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
  Pauses().erase(evhttp_bound_socket_get_listener(m_bound));
  if (!m_unlink_path.empty()) unlink(m_unlink_path.c_str());
}

}  // namespace bitcoin_support
