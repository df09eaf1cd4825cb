// What a client's connection does with its requests.
#pragma once

#include <event2/bufferevent.h>
#include <event2/event.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "http/client_settings.h"
#include "http/client_upload.h"
#include "http/reply_gate.h"
#include "net/lookup_waiter.h"
#include "net/socket_connector.h"

struct evhttp_connection;

namespace bitcoin_support {

class DnsLookup;
class EventBase;
class EvHttpConnection;
class OutgoingRequest;
class InternalEvent;

/// What has kept the current request from its reply.
struct ClientFailure {
  enum class Kind : uint8_t {
    kNone,
    kLookup,          ///< error is EVUTIL_EAI_*
    kConnect,         ///< error is errno, syscall says of what
    kConnectTimeout,  ///< syscall says what took so long
    kReadTimeout,
    kWriteTimeout,
    kReply,  ///< fault says what is wrong with it
  };

  Kind kind = Kind::kNone;
  const char* syscall = "";
  int error = 0;
  const char* fault = "";
};

/// Gives an evhttp_connection one request at a time, in their order, and makes it anew for each connection:
/// what libevent keeps of the one before can make it end the process. What waits here has not been handed to
/// libevent, so that nothing of a reply is left when the next request goes.
///
/// It looks names up and connects by itself, and gives libevent sockets that are connected: libevent would
/// try the first address alone, crash when a lookup gives none, and end the process when it cannot bind.
///
/// It is deleted when its base is idle, like the handle that it belongs to.
class HttpClient final : private LookupWaiter, private SocketConnector::Owner, private ReplyGate::Owner {
 public:
  HttpClient(EvHttpConnection& handle, ClientSettings settings);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  EvHttpConnection& handle() const { return m_handle; }
  evhttp_connection* connection() const { return m_connection; }
  bufferevent* stream() const;
  const ClientSettings& settings() const { return m_settings; }
  bool connected() const { return m_phase == Phase::kConnected; }
  /// JavaScript is being told that the connection closes, libevent being in the middle of that, or it is
  /// closed for good.
  bool closing() const { return m_closing || m_shut; }
  bool shut() const { return m_shut; }
  /// libevent is in the middle of closing the connection.
  bool closing_now() const { return m_closing; }
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
    m_fresh = false;
  }
  void FreeOnCompletion() { m_ends_when_unused = true; }

  /// Takes a request; from here on it ends by its callbacks.
  void Make(OutgoingRequest& request);
  /// Takes one off that libevent has not got, or no longer. @returns whether it was the one under way
  bool Remove(OutgoingRequest& request);
  bool IsCurrent(const OutgoingRequest& request) const { return m_current == &request; }
  /// The current request is libevent's; otherwise it waits for a connection.
  bool HandedOver(const OutgoingRequest& request) const {
    return IsCurrent(request) && (m_phase == Phase::kTaking || m_phase == Phase::kConnected);
  }
  /// After a request has ended.
  void StartNext();
  /// Takes the connection down for good. All that wait fail, the last first.
  void Shut();
  /// The connection is not used any more when the current request has its reply.
  void EndAfterReply() { m_ends_after_reply = true; }
  /// libevent has read the current request's reply.
  void NoteReply(OutgoingRequest& request);
  /// libevent could not connect for the current request. @returns whether it will be tried again
  bool RetryConnect();
  /// The current request fails. Keeps why, when that was on the way to a connection and is not known yet.
  void NoteFailure();
  /// The connection goes because nothing of the request could be written, or of the reply read, for so long.
  /// The first to know counts.
  void NoteTimeout(bool writing);
  /// Ends the current request and all that wait: there is no connection for them.
  void EndAllUnconnected();
  /// Leaves the connection to its end, with what libevent still does on it; the next request has another one.
  void Drop();
  /// Ends the connection of which that was asked when it was unused.
  void EndIfUnused();

  /// C gets to know the connection: from here on it is as libevent has it.
  void ShowToC();

  ClientUpload& upload() { return m_upload; }
  void SetPhaseTimeouts();

 private:
  enum class Phase : uint8_t {
    kIdle,        ///< there is no connection, and none is being made
    kConnecting,  ///< the host is looked up, or its addresses are tried
    kTaking,      ///< libevent has been given the socket, and has yet to find that it is connected
    kConnected,
    kPausing,  ///< before the next try to connect
  };

  /// The only one that sets m_phase. What belongs to the phase before ends.
  void Enter(Phase phase);
  void Open();
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
  void TellClosed();
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

  EvHttpConnection& m_handle;
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
  bool m_fresh = false;  // m_connection has not been used
  bool m_known_to_c = false;
  bool m_closing = false;
  bool m_shut = false;
  bool m_starting = false;
  bool m_ends_after_reply = false;
  bool m_ends_when_unused = false;
};

}  // namespace bitcoin_support
