// A listening socket that an EvHttp accepts on.
#pragma once

#include <event2/event.h>

#include <string>

#include "net/accept_pause.h"

struct evconnlistener;
struct evhttp_bound_socket;

namespace bitcoin_support {

/// Accompanies an evhttp_bound_socket: pauses accepting when the process is out of descriptors or memory, and
/// unlinks the path of a UNIX socket in its destructor.
///
/// evhttp frees a connection that it could not allocate wholly before that has a base, which ends the
/// process. So it may accept one only while the reserve of memory is full.
class BoundSocket {
 public:
  BoundSocket(event_base* base, evhttp_bound_socket* bound, std::string unlink_path);
  ~BoundSocket();
  BoundSocket(const BoundSocket&) = delete;
  BoundSocket& operator=(const BoundSocket&) = delete;

  /// Whether new connections wait in the backlog.
  void Pause(bool on);
  /// evhttp has accepted a connection: it accepts another one only when the reserve is full again.
  void PauseForMemory();

  /// Whether the socket waits for connections with `ev`.
  bool WaitsWith(const event* ev) const;

  evhttp_bound_socket* bound() const { return m_bound; }
  const std::string& unlink_path() const { return m_unlink_path; }

 private:
  static void OnAcceptError(evconnlistener* listener, void* arg);
  static void OnAcceptable(evutil_socket_t fd, short what, void* arg);

  evhttp_bound_socket* const m_bound;
  const std::string m_unlink_path;
  AcceptPause m_pause;
};

}  // namespace bitcoin_support
