// One accepted HTTP connection.
#pragma once

#include <event2/event.h>

#include <memory>
#include <string_view>
#include <vector>

#include "http/request_gate.h"
#include "libevent/free_watch.h"

struct evhttp_connection;
struct evhttp_request;

namespace bitcoin_support {

class EventBase;
class EvHttp;
class EvHttpConnection;
class IncomingRequest;

/// Stands between libevent's callbacks for a connection and the handles that JavaScript has for it.
///
/// A connection works on one request at a time: libevent reads the next one when the reply to the one
/// before has been written. From the moment a request is handed to JavaScript until its reply is
/// written or the connection is gone, `in flight` below means that request.
class ServerConnection final : public RequestGate::Owner {
 public:
  /// `server` is the one that has accepted the connection: it outlives it.
  ServerConnection(EventBase& base, evhttp_connection* connection, EvHttp& server);
  ~ServerConnection();
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  evhttp_connection* connection() const { return m_connection; }

  // --- the request in flight ---------------------------------------------------------------------
  void BeginRequest(IncomingRequest& handle);
  /// The request is C's from here on, as if we did not exist: nothing of ours watches the connection until
  /// the request has been answered or has gone with the connection. @throws std::bad_alloc
  void BeginRequestInC(evhttp_request* request);
  /// The request in flight is C's.
  bool in_c() const { return m_in_c; }
  /// C gets to know the connection and the request in flight: it may answer that, and set the callbacks by
  /// which we hear of both ends. @throws std::bad_alloc
  void ShowToC();
  /// C has been called with its request: has libevent write what C has answered.
  void FlushForC();
  /// We are about to free the connection, of which C cannot know: a request that it holds stays valid until
  /// it answers it, which then only frees it.
  void LeaveRequestToC();
  const EvHttp& server() const { return m_server; }
  /// Null when the server lets evhttp read requests by itself.
  RequestGate* gate() const { return m_gate.get(); }
  IncomingRequest* request() const { return m_handle; }
  /// The handle is gone: the reply is libevent's now.
  void ReleaseRequest() { m_handle = nullptr; }

  enum class ReplyKind { kWhole, kStreamed };
  /// The reply begins; called before evhttp is given anything of it.
  void BeginReply(ReplyKind kind);
  bool HasOutput() const;
  /// More waits for the peer than may when something is added.
  bool OutputIsFull() const;
  /// Whether a whole reply may be written without libevent: nothing is queued before it, and nobody expects
  /// to be told later that it has been written.
  bool MayWriteNow() const { return m_complete_key == 0 && !HasOutput(); }
  /// @returns how many of the bytes the socket has taken. What has failed is left for libevent to find out.
  size_t WriteNow(std::string_view bytes);
  /// Lets libevent write what is queued in this turn instead of asking the kernel first.
  void FlushSoon();
  /// Writes what the socket takes now; for a server that is about to go.
  void FlushNow();

  /// Closes the connection whatever is under way on it, as soon as libevent is off the stack.
  void Cut() override;

  /// JavaScript wants JsCallback::kRequestComplete with `key` when the reply has been written (or not).
  void WantComplete(double key) { m_complete_key = key; }
  /// JavaScript wants JsCallback::kChunkWritten with `key` when all that is queued has been written.
  void WantWritten(double key) { m_written_keys.push_back(key); }
  static void OnWritten(evhttp_connection* connection, void* arg);
  /// A part of a streamed reply is queued; OnWritten() follows, or the end of the request.
  void BeginPart() { m_writes_part = true; }
  bool writes_part() const { return m_writes_part; }

  // --- the request's body, when it is streamed -----------------------------------------------------
  /// JavaScript wants JsCallback::kBodyReadable when some of the body can be taken, or none will come.
  void WantBody();

  // --- the view that JavaScript has of the connection ----------------------------------------------
  EvHttpConnection* view() const { return m_view; }
  void set_view(EvHttpConnection* view) { m_view = view; }

 private:
  static void OnComplete(evhttp_request* request, void* arg);
  static void OnClose(evhttp_connection* connection, void* arg);
  static void OnRequestFreed(void* arg);
  static void OnConnectionFreed(void* arg);
  static void OnCut(evutil_socket_t fd, short what, void* arg);
  static void OnReadable(evutil_socket_t fd, short what, void* arg);
  static void OnEdge(evutil_socket_t fd, short what, void* arg);

  void OnBody() override;
  void StopReadingBody();
  static void OnBodyReadable(evutil_socket_t fd, short what, void* arg);

  void Await(short what, event_callback_fn callback, const timeval* timeout);
  void StopAwaiting();
  void TellPeerClosed();
  void TellWritten(bool written);
  void TellComplete(bool written);
  void EndRequest();
  void EndHoldInC();
  void CompleteRequest(bool written);
  void Close(bool connection_there);

  EventBase& m_base;
  evhttp_connection* const m_connection;
  evhttp_request* m_in_flight = nullptr;
  IncomingRequest* m_handle = nullptr;
  EvHttpConnection* m_view = nullptr;
  EvHttp& m_server;
  std::unique_ptr<RequestGate> m_gate;
  double m_complete_key = 0;
  std::vector<double> m_written_keys;
  FreeWatch m_request_watch;
  FreeWatch m_connection_watch;
  event* m_cut_event = nullptr;
  event* m_sentinel = nullptr;
  event* m_body_event = nullptr;
  event* m_awaited = nullptr;
  bool m_known_to_c = false;
  bool m_in_c = false;
  bool m_left_to_c = false;
  bool m_hears_free = false;
  bool m_replying = false;
  bool m_streaming = false;
  bool m_writes_part = false;
  bool m_cut = false;
  bool m_wants_body = false;
  bool m_reading_body = false;
};

}  // namespace bitcoin_support
