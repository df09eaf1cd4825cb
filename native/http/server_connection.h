// One accepted HTTP connection.
#pragma once

#include <event2/event.h>
#include <sys/types.h>

#include <memory>
#include <string_view>
#include <vector>

#include "http/request_gate.h"
#include "libevent/free_watch.h"

struct evbuffer;
struct evhttp_connection;
struct evhttp_request;

namespace bitcoin_support {

class EventBase;
class EvHttp;
class ServerConnectionView;
class IncomingRequest;

/// Connects libevent's callbacks for one connection with the handles that JavaScript has for it.
///
/// A connection works on one request at a time: libevent reads the next request when the reply to the one
/// before has been written. The request "in flight" is the one that JavaScript or C has been given, until its
/// reply is written or the connection has gone.
class ServerConnection final : public RequestGate::Owner {
 public:
  /// `server` has accepted the connection, and outlives it.
  ServerConnection(EventBase& base, evhttp_connection* connection, EvHttp& server);
  ~ServerConnection();
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  evhttp_connection* connection() const { return m_connection; }

  // --- the request in flight ---------------------------------------------------------------------
  void BeginRequest(IncomingRequest& handle);
  /// Gives the request to C. Nothing of ours watches the connection until the request has been answered or
  /// has gone with the connection. @throws std::bad_alloc
  void BeginRequestInC(evhttp_request* request);
  /// Whether C has the request in flight.
  bool in_c() const { return m_state == State::kInC || m_state == State::kLeftToC; }
  /// C is given the addresses of the connection and of the request in flight. It may answer the request, and
  /// may take over the callbacks by which we notice the end of either. @throws std::bad_alloc
  void ShowToC();
  /// C's callback has returned: makes libevent write C's answer soon.
  void FlushForC();
  /// The connection is about to be freed, and C does not know that. The request that C holds stays valid
  /// until C answers it, which then only frees it.
  void LeaveRequestToC();
  const EvHttp& server() const { return m_server; }
  /// Null when the server is not strict.
  RequestGate* gate() const { return m_gate.get(); }
  IncomingRequest* request() const { return m_handle; }
  /// The handle has ended.
  void ReleaseRequest() { m_handle = nullptr; }

  enum class ReplyKind { kWhole, kStreamed };
  /// Must be called before evhttp is given anything of the reply.
  void BeginReply(ReplyKind kind);
  evbuffer* output() const;
  /// How many bytes wait for the peer.
  size_t queued() const;
  bool HasOutput() const { return queued() > 0; }
  /// Whether more waits for the peer than RequestRules::max_output.
  bool OutputIsFull() const;
  /// Whether a whole reply may be written without libevent: nothing is queued before it, and JavaScript does
  /// not want JsCallback::kRequestComplete.
  bool MayWriteNow() const { return m_complete_key == 0 && !HasOutput(); }
  /// How much of a reply has been sent.
  enum class Sent : uint8_t {
    kSome,  ///< or nothing: the socket may take more
    kFull,  ///< the socket took some, and no more at the moment: libevent waits until it does
    kAll,
  };
  struct Written {
    Sent sent = Sent::kSome;
    size_t bytes = 0;
  };
  /// Sends a head and what follows it. libevent will find any error itself.
  Written WriteNow(std::string_view head, std::string_view body);
  /// Whether a part of a reply may be written without libevent: nobody waits for what is queued before it,
  /// and nobody counts the bytes.
  bool MayWritePartNow() const;
  /// Sends what is queued and then the three. When the result is kAll nothing is queued any more. libevent
  /// will find any error itself.
  Written WritePartNow(std::string_view head, std::string_view body, std::string_view tail);
  /// Sends the beginning of so many bytes of a file, as sendfile(2) does. Nothing must be queued.
  ssize_t SendFileNow(int file, off_t offset, size_t length);
  /// No stream takes a whole turn of the loop, however fast the peer is. @returns whether so much has
  /// been sent that others come first; then it has called PauseUntilWritable()
  bool PausesParts();
  /// ReportWritten() follows when the kernel has been asked about all sockets, and this one can be written
  /// to. The connection is cut when that takes longer than the server's timeout. @returns false without
  /// memory
  bool PauseUntilWritable();
  /// Makes libevent write what is queued: in this turn, without polling the socket first, unless the socket
  /// is full.
  void FlushSoon(Sent sent = Sent::kSome);
  /// Writes what the socket takes now. For a server that is being disposed.
  void FlushNow();

  /// Closes the connection, whatever is under way, as soon as libevent is off the stack.
  void Cut() noexcept override;

  /// JavaScript wants JsCallback::kRequestComplete with `key` when the reply has been written (or not).
  void WantComplete(double key) { m_complete_key = key; }
  /// JavaScript wants JsCallback::kChunkWritten with `key` when all that is queued has been written.
  void WantWritten(double key) { m_written_keys.push_back(key); }
  static void OnWritten(evhttp_connection* connection, void* arg);
  /// A part of a streamed reply is about to be queued. OnWritten() or the request's end follows.
  void BeginPart() {
    m_reports_parts = true;
    Enter(State::kWritingPart);
  }
  /// Whether libevent calls OnWritten() whenever all that is queued has been written, since it has been told
  /// to do so in this reply.
  bool reports_parts() const { return m_reports_parts; }
  bool writes_part() const { return m_state == State::kWritingPart; }

  // --- the request's body, when it is streamed -----------------------------------------------------
  /// JavaScript wants JsCallback::kBodyReadable when it can take some of the body, or when no more will come.
  void WantBody();

  // --- the view that JavaScript has of the connection ----------------------------------------------
  ServerConnectionView* view() const { return m_view; }
  void set_view(ServerConnectionView* view) { m_view = view; }

 private:
  //                                   +-> kReplying
  //           BeginRequest()          |            BeginPart()
  //        +---------------> kHandling+-> kStreaming ----------> kWritingPart
  //        |                  BeginReply()        ^---------------
  //      kIdle                                     ReportWritten()
  //        |                   LeaveRequestToC()
  //        +---------------> kInC ---------------> kLeftToC
  //         BeginRequestInC()
  //
  // From every state back to kIdle: CompleteRequest(), OnRequestFreed(), Close().
  enum class State : uint8_t {
    kIdle,         ///< no request is in flight
    kHandling,     ///< JavaScript has the request, or has dropped it
    kReplying,     ///< the whole reply has been given to libevent
    kStreaming,    ///< a reply in parts has begun; all parts so far have been written
    kWritingPart,  ///< a part is being written
    kInC,          ///< C has the request
    kLeftToC,      ///< the same, and the request stays C's when the connection is freed
  };

  //            Cut()         OnCut(), or the base is idle
  //     kOpen -------> kCut ------------------------------> deleted
  //
  // Apart from State, because a request may still be in flight.
  enum class Life : uint8_t {
    kOpen,
    kCut,  ///< the connection is about to be freed
  };

  /// The only one that sets m_state. Ends what belongs to the state before.
  void Enter(State state);
  void StopWaitingForReply();
  bool streams() const { return m_state == State::kStreaming || m_state == State::kWritingPart; }
  bool reads_body() const;

  static void OnComplete(evhttp_request* request, void* arg);
  static void OnClose(evhttp_connection* connection, void* arg);
  static void OnRequestFreed(void* arg);
  static void OnConnectionFreed(void* arg);
  static void OnCut(evutil_socket_t fd, short what, void* arg);
  static void OnReadable(evutil_socket_t fd, short what, void* arg);
  static void OnPauseOver(evutil_socket_t fd, short what, void* arg);
  static void OnEdge(evutil_socket_t fd, short what, void* arg);

  void OnBody() override;
  void StopReadingBody();
  static void OnBodyReadable(evutil_socket_t fd, short what, void* arg);

  void Await(short what, event_callback_fn callback, const timeval* timeout);
  void StopAwaiting();
  void ReportPeerClosed();
  void ReportWritten(bool written);
  void ReportComplete(bool written);
  void EndHoldInC();
  void CompleteRequest(bool written);
  void Close(bool connection_there);

  EventBase& m_base;
  evhttp_connection* const m_connection;
  evhttp_request* m_in_flight = nullptr;
  IncomingRequest* m_handle = nullptr;
  ServerConnectionView* m_view = nullptr;
  EvHttp& m_server;
  std::unique_ptr<RequestGate> m_gate;
  double m_complete_key = 0;
  std::vector<double> m_written_keys;
  size_t m_part_bytes = 0;  // that WritePartNow() has sent since OnWritten() was called last
  FreeWatch m_request_watch;
  FreeWatch m_connection_watch;
  event* m_cut_event;  // made at once, so that Cut() needs no memory
  event* m_sentinel = nullptr;
  event* m_body_event = nullptr;
  event* m_pause = nullptr;
  event* m_awaited = nullptr;
  State m_state = State::kIdle;
  Life m_life = Life::kOpen;
  bool m_reports_parts = false;
  bool m_known_to_c = false;
  bool m_in_free = false;  // libevent is freeing the request
  bool m_wants_body = false;
};

}  // namespace bitcoin_support
