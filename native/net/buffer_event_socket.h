// The socket of a bufferevent: how it gets connected, and what depends on that.
#pragma once

#include <napi.h>

#include <memory>
#include <string>

#include "net/lookup_waiter.h"
#include "net/socket_connector.h"

struct bufferevent;

namespace bitcoin_support {

class BufferEvent;
class DnsLookup;
class Environment;
class EvDnsBase;

/// A part of every BufferEvent over a socket.
///
///                     Connect(), or a name's addresses are there
///       kUnconnected ────────────────────────────────────────────▶ kConnecting
///        ▲    ▲  │                                                 ▲  │    │
///        │    │  │ SetFd(fd)                      Connect() again  │  │    │
///        │    │  └─────────────▶ kConnected ───────────────────────┘  │    │
///        │    │                    │    ▲   BEV_EVENT_CONNECTED,      │    │
///        │    └────────────────────┘    └─────────────────────────────┘    │
///        │     BEV_EVENT_ERROR,             SetFd(fd)                      │
///        │     SetFd(-1)                                                   │
///        └─────────────────────────────────────────────────────────────────┘
///              BEV_EVENT_ERROR, SetFd(-1), connecting took too long
///
/// A descriptor that JavaScript hands over counts as connected until an error says otherwise; Connect() may
/// still be called for it, and when that fails at once, the state is what it was. Looking a name up changes
/// no state.
///
/// libevent connects to a single address. A SocketConnector tries several, without a descriptor in the
/// bufferevent until one of them answers.
class BufferEventSocket final : public LookupWaiter, private SocketConnector::Owner {
 public:
  BufferEventSocket(BufferEvent& owner, bool connected)
      : m_owner(owner), m_state(connected ? State::kConnected : State::kUnconnected) {}
  BufferEventSocket(const BufferEventSocket&) = delete;
  BufferEventSocket& operator=(const BufferEventSocket&) = delete;

  /// Whether bytes may be written without asking first whether the socket is writable.
  bool connected() const { return m_state == State::kConnected; }
  /// EVUTIL_EAI_* or kEaiServfail of the last lookup, 0 when it found addresses.
  int dns_error() const { return m_dns_error; }

  /// @throws EventError ERR_EV_LIBEVENT when the descriptor is not open or cannot be made non-blocking: one
  /// that blocks would stop the whole loop
  static void CheckDescriptor(const BufferEvent& owner, int fd);

  /// A lookup of ConnectHostname() has ended.
  void OnLookedUp(int result, const evutil_addrinfo* found) override;
  /// libevent reports BEV_EVENT_* for the bufferevent.
  void OnEvent(short what);
  /// Gives up a lookup and the attempts to connect. The owner is being disposed.
  void Close();

  /// Stops libevent waiting for the socket when there is nothing to write. libevent begins to wait when
  /// writing is enabled, and a socket that is full would then have its write timeout. While connecting, that
  /// timeout bounds it.
  void StopIdleWriting();
  /// Call this after bytes were added to the output: marks a connected socket as writable, which it nearly
  /// always is, so that libevent need not ask the kernel. If it is full, libevent's write finds out and waits
  /// as usual. Does nothing when libevent does not wait for the socket, as inside HeldWrites.
  void WriteSoon();
  /// The descriptors that come later have TCP_NODELAY set.
  void KeepNoDelay(bool on) { m_no_delay = on; }

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  enum class State : uint8_t { kUnconnected, kConnecting, kConnected };

  void Enter(State state);
  void SetFd(int fd);
  void CheckMayConnect() const;
  void Connect(const sockaddr* address, int length);
  void ConnectHostname(EvDnsBase* dns, int family, const std::string& host, int port);
  void ConnectHostnameArgs(EvDnsBase* dns, const Napi::CallbackInfo& info, size_t first);
  void ConnectTo(const evutil_addrinfo* found);
  bool ConnectInLibevent(const sockaddr* address, int length);
  void Fail(int error);
  void ApplyNoDelay();
  void OnConnected(int fd, const SocketTarget& target) override;
  void OnConnectFailed(const char* syscall, int error) override;

  static Napi::Value SetFdNapi(const Napi::CallbackInfo& info);
  static Napi::Value ConnectNapi(const Napi::CallbackInfo& info);
  static Napi::Value ConnectUnixNapi(const Napi::CallbackInfo& info);
  static Napi::Value ConnectHostnameNapi(const Napi::CallbackInfo& info);
  static Napi::Value ConnectHostnameDnsNapi(const Napi::CallbackInfo& info);

  BufferEvent& m_owner;
  State m_state;
  bool m_no_delay = false;
  int m_dns_error = 0;
  DnsLookup* m_lookup = nullptr;
  std::unique_ptr<SocketConnector> m_connector;  ///< while it tries the addresses of a name
};

}  // namespace bitcoin_support
