// Sends the requests of a client's connection.
#pragma once

#include <event2/bufferevent.h>
#include <event2/event.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "http/client_failure.h"
#include "http/client_settings.h"
#include "http/client_upload.h"
#include "http/reply_gate.h"
#include "net/lookup_waiter.h"
#include "net/socket_connector.h"

struct evhttp_connection;

namespace bitcoin_support {

class DnsLookup;
class EventBase;
class ClientConnection;
class OutgoingRequest;
class InternalEvent;

/// Gives an evhttp_connection one request at a time, in order. Each new connection gets a new
/// evhttp_connection: what libevent keeps of an old one may make it end the process. Requests that wait
/// have not been handed to libevent, so that nothing of a reply is left when the next request is sent.
///
/// It looks names up and connects by itself, and gives libevent connected sockets. libevent would try only
/// the first address, crash when a lookup finds none, and end the process when it cannot bind.
///
/// Like the handle that owns it, it is deleted when its base is idle.
class HttpClient final : private LookupWaiter, private SocketConnector::Owner, private ReplyGate::Owner {
 public:
  HttpClient(ClientConnection& handle, ClientSettings settings);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  ClientConnection& handle() const { return m_handle; }
  evhttp_connection* connection() const { return m_connection; }
  bufferevent* stream() const;
  const ClientSettings& settings() const { return m_settings; }
  bool connected() const { return m_phase == Phase::kConnected; }
  bool shut() const { return m_life == Life::kShut; }
  /// Whether libevent is closing the connection, and is on the stack.
  bool closing() const { return m_closing; }
  const ClientFailure& failure() const { return m_failure; }

  /// Changes settings that count at once.
  template <class Change>
  void SetNow(Change change) {
    change(m_settings);
    Apply();
  }
  /// Changes settings that count from the next connection on.
  template <class Change>
  void SetForNext(Change change) {
    change(m_settings);
    m_unused = false;
  }
  /// Has the connection disposed as soon as no request needs it.
  void FreeOnCompletion() {
    if (m_life == Life::kKept) m_life = Life::kEndsWhenUnused;
  }

  /// Takes a request over. From here on it ends by its callbacks.
  void Make(OutgoingRequest& request);
  /// Removes a request that libevent does not have (any more). @returns whether it was the current one
  bool Remove(OutgoingRequest& request);
  bool IsCurrent(const OutgoingRequest& request) const { return m_current == &request; }
  /// Whether libevent has the current request; otherwise it waits for a connection.
  bool HandedOver(const OutgoingRequest& request) const {
    return IsCurrent(request) && (m_phase == Phase::kTaking || m_phase == Phase::kConnected);
  }
  /// Starts the next request, if none is under way.
  void StartNext();
  /// Closes the connection for good. All requests that wait fail, the last one first.
  void Shut();
  /// No other request may use the connection after the current request's reply.
  void EndAfterReply() { m_ends_after_reply = true; }
  /// libevent has read the current request's reply.
  void NoteReply(OutgoingRequest& request);
  /// libevent could not connect for the current request. @returns whether it will be tried again
  bool RetryConnect();
  /// The current request fails. Stores why, if it failed to connect and no reason is known yet.
  void NoteFailure();
  /// The connection ends because the request could not be written, or the reply not read, for so long. Stores
  /// that unless a reason is known already.
  void NoteTimeout(bool writing);
  /// Ends the current request and all that wait, because there is no connection for them.
  void EndAllUnconnected();
  /// Gives the evhttp_connection up and lets libevent finish with it. The next request gets another one.
  void Drop();
  /// Disposes the connection if it is unused and FreeOnCompletion() was called.
  void EndIfUnused();

  /// Call this when C is given the connection's address. From here on libevent alone reads and writes.
  void ShowToC();

  ClientUpload& upload() { return m_upload; }
  void SetPhaseTimeouts();

 private:
  //             Try()               OnConnected()             OnConnectEvent()
  //     kIdle ---------> kConnecting -------------> kTaking --------------------> kConnected
  //       |                                           ^
  //       +-------------------------------------------+
  //          Try(): a UNIX socket, or one that was given
  //
  // From every phase to kPausing: RetryConnect(). From there OnRetry() goes back to kIdle.
  // From every phase to kIdle: Renew(), OnClosed(), Remove() without a connection, and RetryConnect() when no
  // try is left.
  enum class Phase : uint8_t {
    kIdle,        ///< there is no connection, and none is being made
    kConnecting,  ///< the host is looked up, or its addresses are tried
    kTaking,      ///< libevent has the socket, and has not yet found that it is connected
    kConnected,
    kPausing,  ///< before the next try to connect
  };

  //              FreeOnCompletion()                    Shut()
  //     kKept -------------------> kEndsWhenUnused -------------> kShut
  //       |                                                         ^
  //       +---------------------------------------------------------+
  enum class Life : uint8_t {
    kKept,
    kEndsWhenUnused,  ///< EndIfUnused() disposes it
    kShut,            ///< closed for good
  };

  /// The only one that sets m_phase. Ends what belongs to the phase before.
  void Enter(Phase phase);
  template <class Work>
  void DoOrFail(Work work) noexcept;
  void Open() noexcept;
  void Apply();
  void Renew();
  void Start(OutgoingRequest& request);
  void Try();
  void LookUp();
  void ConnectTo(std::vector<SocketTarget> targets);
  void StopConnecting();
  void HandOver();
  int GiveToLibevent(OutgoingRequest& request);
  void HandOverWith(int fd, const SocketTarget* target);
  void BeginSending();
  void SendSoon();
  void SpareCalls();
  void FailToConnect(const char* syscall, int error);
  void FailToConnect(const ClientFailure& failure);
  void ReportClosed();
  EventBase& base() const;

  void OnLookedUp(int result, const evutil_addrinfo* found) override;
  void OnConnected(int fd, const SocketTarget& target) override;
  void OnConnectFailed(const char* syscall, int error) override;
  void OnWrongReply() override;

  static void OnConnectEvent(bufferevent* stream, short what, void* arg);
  static void OnConnectDeadline(evutil_socket_t fd, short what, void* arg);
  static void OnReadable(evutil_socket_t fd, short what, void* arg);
  static void OnClosed(evhttp_connection* connection, void* arg);
  static void OnRetry(evutil_socket_t fd, short what, void* arg);

  ClientConnection& m_handle;
  ClientSettings m_settings;
  HttpLimits m_limits;
  evhttp_connection* m_connection = nullptr;
  std::unique_ptr<ReplyGate> m_gate;  // m_connection's
  event* m_retry = nullptr;
  std::unique_ptr<InternalEvent> m_sentinel;  // while it is connected
  std::deque<OutgoingRequest*> m_waiting;
  OutgoingRequest* m_current = nullptr;
  bufferevent_event_cb m_connect_cb = nullptr;  // libevent's own
  // While it is connecting.
  DnsLookup* m_lookup = nullptr;
  std::unique_ptr<SocketConnector> m_connector;
  event* m_connect_deadline = nullptr;
  ClientFailure m_failure;
  std::optional<SocketTarget> m_known_target;  // of the last connection, for EVHTTP_CON_REUSE_CONNECTED_ADDR
  ClientUpload m_upload;
  int m_tries = 0;
  Phase m_phase = Phase::kIdle;
  Life m_life = Life::kKept;
  bool m_unused = false;  // m_connection has not been used
  bool m_known_to_c = false;
  bool m_ends_after_reply = false;  // the connection, after the current request
  // What is on the stack; set by FlagScope alone.
  bool m_closing = false;   // ReportClosed()
  bool m_starting = false;  // a request is started or failed, which may call StartNext()
};

}  // namespace bitcoin_support
