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

/// The addresses of a list from getaddrinfo(), in its order.
std::vector<SocketTarget> TargetsOf(const addrinfo* found);

/// Connects to the first of several addresses that answers, as in RFC 8305: the families take turns, and the
/// next address is tried when one has failed, or has not answered for 250 ms. Later connections are closed.
///
/// It owns its sockets until it hands one over, and calls its owner only from the loop.
class SocketConnector {
 public:
  class Owner {
   public:
    /// The owner owns `fd`. The connector is done; it may be deleted in here.
    virtual void OnConnected(int fd, const SocketTarget& target) = 0;
    /// All addresses have failed. `syscall` and `error` are those of the last failure. The connector may be
    /// deleted in here.
    virtual void OnConnectFailed(const char* syscall, int error) = 0;

   protected:
    ~Owner() = default;
  };

  /// @param targets at least one
  /// @param local_address an address of this machine, or empty for any
  /// @param local_port 0 for any
  SocketConnector(EventBase& base, Owner& owner, std::vector<SocketTarget> targets, std::string local_address,
                  uint16_t local_port);
  ~SocketConnector();
  SocketConnector(const SocketConnector&) = delete;
  SocketConnector& operator=(const SocketConnector&) = delete;

  /// @returns false with errno set when there is no memory
  bool Start();

 private:
  struct Attempt;

  bool BindLocal(int fd, int family);
  void TryNext();
  void Begin(const SocketTarget& target);
  void NoteFailure(const char* syscall, int error);
  void TryNextIn(const timeval& pause);
  void End(const Attempt& attempt);

  static void OnWritable(evutil_socket_t fd, short what, void* arg);
  static void OnNext(evutil_socket_t fd, short what, void* arg);

  EventBase& m_base;
  Owner& m_owner;
  std::vector<SocketTarget> m_targets;
  const std::string m_local_address;
  const uint16_t m_local_port;
  size_t m_begun = 0;  ///< how many of the targets
  std::vector<std::unique_ptr<Attempt>> m_attempts;
  event* m_next = nullptr;
  const char* m_syscall = "connect";
  int m_error = 0;
};

}  // namespace bitcoin_support
