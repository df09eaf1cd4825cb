// Connecting to a host that has several addresses.
#pragma once

#include <event2/event.h>
#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct addrinfo;

namespace bitcoin_support {

class EventBase;

/// An address with its length.
struct SocketTarget {
  sockaddr_storage address{};
  socklen_t length = 0;
};

/// All of a list that getaddrinfo() has given, in its order.
std::vector<SocketTarget> TargetsOf(const addrinfo* found);

/// A stream socket for `family` that does not block, with TCP_NODELAY where it is TCP's. @returns -1 with
/// errno set
int NewStreamSocket(int family);

/// Connects to the first of several addresses that answers, as RFC 8305 has it: the families by turns, and
/// the next address when one has failed, or has not answered for 250 ms. A connection that is late is closed.
///
/// It owns its sockets until it hands one over, and calls its owner only from the loop.
class SocketConnector {
 public:
  class Owner {
   public:
    /// `fd` is the owner's. Afterwards the connector is not used any more, and may be deleted in here.
    virtual void OnConnected(int fd, const SocketTarget& target) = 0;
    /// No address could be connected to. `syscall` and `error` are those of the last one.
    virtual void OnConnectFailed(const char* syscall, int error) = 0;

   protected:
    ~Owner() = default;
  };

  /// `targets` is not empty. The local address is one of this machine or empty for any; the local port may be
  /// 0 for any.
  SocketConnector(EventBase& base, Owner& owner, std::vector<SocketTarget> targets, std::string local_address,
                  uint16_t local_port);
  ~SocketConnector();
  SocketConnector(const SocketConnector&) = delete;
  SocketConnector& operator=(const SocketConnector&) = delete;

  /// @returns false with errno set when there is no memory for it
  bool Start();

 private:
  struct Attempt;

  bool BindLocal(int fd, int family);
  void TryNext();
  void Begin(const SocketTarget& target);
  void NoteFailure(const char* syscall, int error);
  void GoOn(const timeval& pause);
  void End(const Attempt& attempt);

  static void OnWritable(evutil_socket_t fd, short what, void* arg);
  static void OnNext(evutil_socket_t fd, short what, void* arg);

  EventBase& m_base;
  Owner& m_owner;
  std::vector<SocketTarget> m_targets;
  const std::string m_local_address;
  const uint16_t m_local_port;
  size_t m_begun = 0;  // how many of the targets
  std::vector<std::unique_ptr<Attempt>> m_attempts;
  event* m_next = nullptr;
  const char* m_syscall = "connect";
  int m_error = 0;
};

}  // namespace bitcoin_support
