// struct evhttp_request behind the EvHttpRequest handle.
#pragma once

#include <event2/http.h>
#include <napi.h>

#include <string>

#include "event_base.h"

namespace bitcoin_support {

class EvHttpConnection;
class ServerConnection;

/// A request on either side.
///
/// Incoming, it belongs to evhttp: the handle ends when it is answered, with its connection, or when it
/// is disposed, which answers 500 first. Outgoing, it belongs to the user until makeRequest() and from
/// then on to the connection, whatever that returned.
class EvHttpRequest final : public BaseChild {
 public:
  static constexpr HandleKind kKind = HandleKind::kEvHttpRequest;

  enum class State : uint8_t {
    kNew,      ///< incoming: unanswered; outgoing: not made yet
    kStarted,  ///< incoming: sendReplyStart() was called; outgoing: made
    kLost,     ///< incoming: the connection is being closed, nothing can be sent
    kClosing,  ///< outgoing: its connection is being closed; libevent may have freed it already, or has yet
               ///< to
    kEnded,    ///< outgoing: its callback is running
  };

  /// Incoming.
  EvHttpRequest(EventBase& base, evhttp_request* request, ServerConnection& server, evhttp_cmd_type command);
  /// Outgoing. @throws std::bad_alloc
  explicit EvHttpRequest(Environment& env);

  void Dispose() override;

  /// The headers of the request that is the first argument: those received, or those to be sent.
  /// @throws EventError
  static evkeyvalq* HeadersArg(const Napi::CallbackInfo& info, bool input);

  evhttp_request* request() const { return m_request; }
  bool incoming() const { return m_server != nullptr; }
  State state() const { return m_state; }

  // --- incoming ----------------------------------------------------------------------------------
  /// The connection is closing: reading still works, answering no more.
  void LoseConnection() { m_state = State::kLost; }
  /// Answers with an HTML error page and `Connection: close`, as evhttp_send_error() does, but without
  /// a body where there must be none.
  void SendError(int code, const char* reason);
  /// The same for a request that has no handle.
  static void SendErrorPage(evhttp_request* request, int code, const char* reason);

  // --- outgoing ----------------------------------------------------------------------------------
  /// Adds a string (as UTF-8) or a Uint8Array to the body that will be sent.
  void AppendOutput(Napi::Env env, napi_value bytes);
  /// Hands the request to `connection`. @throws EventError
  void Make(EvHttpConnection& connection, int command, const std::string& uri);
  /// Fails a request that has been made: JavaScript hears EVREQ_HTTP_REQUEST_CANCEL and nothing after. When
  /// its own callback is running that is left to end.
  void Fail();
  /// Its connection is being closed: libevent is about to say how it ends.
  void AwaitEnd();
  /// Its connection could not be made: libevent is about to say so, and to cancel it would harm the
  /// connection.
  void Abandon() { m_abandoned = true; }

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);
  static void ExportReplies(Napi::Env env, Napi::Object exports, Environment& state);
  static void ExportClient(Napi::Env env, Napi::Object exports, Environment& state);
  static void ExportSecure(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  static EvHttpRequest& This(const Napi::CallbackInfo& info);
  static EvHttpRequest& Incoming(const Napi::CallbackInfo& info);
  static EvHttpRequest& Unanswered(const Napi::CallbackInfo& info);
  static EvHttpRequest& Started(const Napi::CallbackInfo& info);
  static EvHttpRequest& Outgoing(const Napi::CallbackInfo& info);

  /// A native function over the evhttp_request behind the first argument.
  template <auto kFunction>
  static Napi::Value OnRequest(const Napi::CallbackInfo& info);

  static Napi::Value GetCommandNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetConnectionNapi(const Napi::CallbackInfo& info);
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

  void DisposeIncoming();
  bool ReplyPlainly(const Napi::CallbackInfo& info, int code, const char* reason);
  void CheckStillUnanswered(const Napi::CallbackInfo& info);
  /// Ends the handle of an incoming request, whose reply is about to be sent, and deletes it.
  void EndHandle();
  void Cancel();
  void TellFailed(int error);
  static void EndUnanswered(Environment& env, EventBase& base, double number);
  void EndClient();

  static void OnDone(evhttp_request* request, void* arg);
  static void OnError(evhttp_request_error error, void* arg);

  evhttp_request* m_request;
  ServerConnection* const m_server;
  const evhttp_cmd_type m_command{};  // incoming: as it came; see EvHttp::HandleRequest()
  EvHttpConnection* m_client = nullptr;
  State m_state = State::kNew;
  bool m_failed = false;     // outgoing: JavaScript has been told
  bool m_freed = false;      // outgoing: libevent has ended it
  bool m_abandoned = false;  // outgoing: libevent has taken it off its connection and will call back
};

}  // namespace bitcoin_support
