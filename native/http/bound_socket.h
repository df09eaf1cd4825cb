// A listening socket that an EvHttp accepts on.
#pragma once

#include <event2/event.h>

#include <string>

#include "net/accept_pause.h"

struct evconnlistener;
struct evhttp_bound_socket;

namespace bitcoin_support {

/// Accompanies an evhttp_bound_socket: pauses accepting when the process is out of descriptors, and unlinks
/// the path of a UNIX socket in its destructor.
class BoundSocket {
 public:
  BoundSocket(event_base* base, evhttp_bound_socket* bound, std::string unlink_path);
  ~BoundSocket();
  BoundSocket(const BoundSocket&) = delete;
  BoundSocket& operator=(const BoundSocket&) = delete;

  /// Whether new connections wait in the backlog.
  void Pause(bool on);

  /// Whether the socket waits for connections with `ev`.
  bool WaitsWith(const event* ev) const;

  evhttp_bound_socket* bound() const { return m_bound; }
  const std::string& unlink_path() const { return m_unlink_path; }

 private:
  evhttp_bound_socket* const m_bound;
  const std::string m_unlink_path;
  AcceptPause m_pause;
};

}  // namespace bitcoin_support
