#include "net/accept_pause.h"

#include <event2/listener.h>

#include <new>

namespace bitcoin_support {
namespace {

void OnAcceptAgain(evutil_socket_t, short, void* arg) {
  evconnlistener_enable(static_cast<evconnlistener*>(arg));
}

}  // namespace

AcceptPause::AcceptPause(event_base* base, evconnlistener* listener)
    : m_listener(listener), m_accept_again(event_new(base, -1, 0, OnAcceptAgain, listener)) {
  if (m_accept_again == nullptr) throw std::bad_alloc();
}

AcceptPause::~AcceptPause() { event_free(m_accept_again); }

void AcceptPause::Begin(const timeval& duration) {
  // Without memory for the timer the listener would never be enabled again.
  if (event_add(m_accept_again, &duration) == 0) evconnlistener_disable(m_listener);
}

void AcceptPause::Cancel() { event_del(m_accept_again); }

}  // namespace bitcoin_support
