// struct evhttp_request behind the EvHttpRequest handle.
#pragma once

#include <event2/http.h>
#include <napi.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "buffers/ev_buffer.h"
#include "buffers/unique_buffer.h"
#include "loop/event_base.h"

struct evbuffer;

namespace bitcoin_support {

class EvHttpConnection;
class HeaderArgs;
class HttpClient;
class ServerConnection;

struct OwnRequestDeleter {
  void operator()(evhttp_request* request) const;
};

/// A request on either side.
///
/// Incoming, it belongs to evhttp: the handle ends when it is answered, with its connection (unless it is
/// kept beyond that), or when it is disposed, which answers 500 first. Outgoing, it belongs to the user until
/// makeRequest() and from then on to the connection, whatever that returned.
class EvHttpRequest final : public BaseChild {
 public:
  static constexpr HandleKind kKind = HandleKind::kEvHttpRequest;

  enum class State : uint8_t {
    kNew,      ///< incoming: unanswered; outgoing: not made yet
    kStarted,  ///< incoming: sendReplyStart() was called; outgoing: made
    kLost,     ///< incoming: the connection is being closed, nothing can be sent
    kOrphan,   ///< incoming: the connection has gone; what the request holds can be looked at, as in C
    kClosing,  ///< outgoing: its connection is being closed; libevent may have freed it already, or has yet
               ///< to
    kEnded,    ///< outgoing: its callback is running
  };

  /// Incoming.
  EvHttpRequest(EventBase& base, evhttp_request* request, ServerConnection& server, unsigned command);
  /// Outgoing. @throws std::bad_alloc
  explicit EvHttpRequest(Environment& env);

  void Dispose() override;

  /// The headers of the request that is the first argument: those received, or those to be sent.
  /// @throws EventError
  static evkeyvalq* HeadersArg(const Napi::CallbackInfo& info, bool input);

  void* Address() const override;
  /// C has got its address.
  bool known_to_c() const { return m_known_to_c; }

  evhttp_request* request() const { return m_request; }
  bool incoming() const { return m_incoming; }
  State state() const { return m_state; }

  // --- incoming ----------------------------------------------------------------------------------
  /// The connection is closing: reading still works, answering no more.
  void LoseConnection() { m_state = State::kLost; }
  /// The connection has gone. One that is kept takes libevent's request over and stays; any other ends.
  /// @returns whether the request is its own now
  bool OutliveConnection();
  /// Answers with an HTML error page and `Connection: close`, as evhttp_send_error() does, but without
  /// a body where there must be none.
  void SendError(int code, const char* reason);
  /// The same for a request that has no handle.
  static void SendErrorPage(evhttp_request* request, int code, const char* reason);

  // --- outgoing: ev_http_client.cc ---------------------------------------------------------------
  /// Adds a string (as UTF-8) or a Uint8Array to the body that will be sent.
  void AppendOutput(Napi::Env env, napi_value bytes);
  /// Hands the request to `connection`. @throws EventError
  void Make(EvHttpConnection& connection, int command, const std::string& uri);
  /// evhttp_make_request(), as often as it takes to connect.
  int HandToLibevent(evhttp_connection* connection);
  /// Fails a request that has been made: JavaScript hears `error`, EVREQ_HTTP_*, and of a cancellation
  /// nothing after. When its own callback is running that is left to end.
  void Fail(int error = EVREQ_HTTP_REQUEST_CANCEL);
  /// What has been asked for, EVHTTP_REQ_*.
  int command() const { return m_method; }
  /// It asks for another protocol on the connection.
  bool AsksForUpgrade() const;
  /// Its reply is wrong: that is what JavaScript hears when libevent ends it.
  void NoteWrongReply();
  /// Its connection is being closed: libevent is about to say how it ends.
  void AwaitEnd();
  /// There is no connection for it: its callback gets it with the code 0.
  void EndUnconnected();
  /// Fails it by EVREQ_HTTP_TIMEOUT so long after it is made.
  void SetDeadline(double ms);

  // Its body, when that is sent in chunks: ev_http_chunks.cc.
  bool sends_chunks() const { return m_chunks != nullptr; }
  bool chunks_ended() const { return m_chunks_ended; }
  std::string_view method() const;
  const std::string& uri() const { return m_uri; }
  /// What was given before the connection could take it, as it goes over the wire.
  evbuffer* chunks() const { return m_chunks.get(); }
  std::vector<double> TakeWrittenKeys() { return std::exchange(m_written_keys, {}); }

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);
  static void ExportReplies(Napi::Env env, Napi::Object exports, Environment& state);
  static void ExportClient(Napi::Env env, Napi::Object exports, Environment& state);
  static void ExportChunks(Napi::Env env, Napi::Object exports, Environment& state);
  static void ExportBuffers(Napi::Env env, Napi::Object exports, Environment& state);
  static void ExportBody(Napi::Env env, Napi::Object exports, Environment& state);
  static void ExportSecure(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  /// @throws EventError unless libevent's request is there.
  void CheckThere() const;
  static EvHttpRequest& This(const Napi::CallbackInfo& info);
  static EvHttpRequest& At(const Napi::CallbackInfo& info, size_t index);
  static EvHttpRequest& Incoming(const Napi::CallbackInfo& info);
  static EvHttpRequest& Unanswered(const Napi::CallbackInfo& info);
  static EvHttpRequest& Started(const Napi::CallbackInfo& info);
  static EvHttpRequest& Outgoing(const Napi::CallbackInfo& info, size_t index = 0);

  /// A native function over the evhttp_request behind the first argument.
  template <auto kFunction>
  static Napi::Value OnRequestNapi(const Napi::CallbackInfo& info);

  static Napi::Value GetCommandNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetUriNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetBufferNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetMethodNapi(const Napi::CallbackInfo& info);
  static Napi::Value ReadBodyNapi(const Napi::CallbackInfo& info);
  static Napi::Value AnswerPageNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetConnectionNapi(const Napi::CallbackInfo& info);
  static Napi::Value KeepNapi(const Napi::CallbackInfo& info);
  static Napi::Value IsLostNapi(const Napi::CallbackInfo& info);
  static Napi::Value WantCompleteNapi(const Napi::CallbackInfo& info);
  static Napi::Value ReplyNapi(const Napi::CallbackInfo& info);
  static Napi::Value SendErrorNapi(const Napi::CallbackInfo& info);
  static Napi::Value SendReplyStartNapi(const Napi::CallbackInfo& info);
  static Napi::Value SendReplyChunkNapi(const Napi::CallbackInfo& info);
  static Napi::Value SendReplyEndNapi(const Napi::CallbackInfo& info);
  static Napi::Value HeaderIntoNapi(const Napi::CallbackInfo& info);
  static Napi::Value BodyIntoNapi(const Napi::CallbackInfo& info);
  static Napi::Value NewNapi(const Napi::CallbackInfo& info);
  static Napi::Value CancelNapi(const Napi::CallbackInfo& info);
  static Napi::Value WantHeadersNapi(const Napi::CallbackInfo& info);
  static Napi::Value WantChunksNapi(const Napi::CallbackInfo& info);
  static Napi::Value RejectNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetDeadlineNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetPausedNapi(const Napi::CallbackInfo& info);
  static Napi::Value SendNapi(const Napi::CallbackInfo& info);
  static Napi::Value TakeReplyNapi(const Napi::CallbackInfo& info);
  static Napi::Value BeginChunksNapi(const Napi::CallbackInfo& info);
  static Napi::Value SendChunkNapi(const Napi::CallbackInfo& info);
  static Napi::Value EndChunksNapi(const Napi::CallbackInfo& info);

  // What JavaScript puts into the output buffer by itself: ev_http_buffers.cc.
  void CheckOutputIsOurs() const;
  void CheckOutputIsEmpty() const;

  void DisposeIncoming();
  /// Whether C has answered it by its address.
  bool AnsweredByC() const;
  bool ReplyPlainly(const HeaderArgs& given, const Napi::Value& body_value, int code, const char* reason);
  /// Ends the handle of an incoming request, whose reply is about to be sent, and deletes it.
  void EndHandle();
  ~EvHttpRequest() override;
  HttpClient& client() const;
  void BeginChunks();
  evbuffer* ChunkTarget() const;
  void NoteWritten(const evbuffer& target, double key);
  void Cancel();
  void TellFailed(int error);
  static void EndUnanswered(Environment& env, EventBase& base, double number, bool call);
  void EndClient();
  void StartDeadline();

  static void OnDone(evhttp_request* request, void* arg);
  static void OnError(evhttp_request_error error, void* arg);
  static int OnHeaders(evhttp_request* request, void* arg);
  static void OnChunk(evhttp_request* request, void* arg);
  static void OnDeadline(evutil_socket_t fd, short what, void* arg);

  evhttp_request* m_request;
  const bool m_incoming = false;
  ServerConnection* m_server;  // incoming: until the connection has gone
  const unsigned m_command{};  // incoming: as it came; see EvHttp::HandleRequest()
  bool m_kept = false;         // incoming: beyond its connection
  std::string m_method_name;   // an orphan's that libevent does not know
  State m_state = State::kNew;

  // Outgoing.
  EvHttpConnection* m_client = nullptr;
  mutable bool m_known_to_c = false;
  std::unique_ptr<evhttp_request, OwnRequestDeleter> m_own;  // m_request, when it goes with this
  BufferView m_input_view;
  BufferView m_output_view;
  int m_method = 0;
  std::string m_uri;
  UniqueBuffer m_chunks;
  std::vector<double> m_written_keys;
  event* m_deadline = nullptr;
  event* m_hold = nullptr;  // while it is paused: something is pending on the base
  double m_deadline_ms = -1;
  int m_error = -1;             // what to tell of instead of libevent's own code
  bool m_failed = false;        // JavaScript has been told
  bool m_over = false;          // libevent has ended it
  bool m_reading_body = false;  // libevent has read the reply's head
  bool m_in_callback = false;   // libevent is in the middle of its reply
  bool m_wants_headers = false;
  bool m_rejected = false;
  bool m_chunks_ended = false;
};

}  // namespace bitcoin_support
