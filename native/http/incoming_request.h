// A request that a server has received.
#pragma once

#include <string>

#include "http/ev_http_request.h"

namespace bitcoin_support {

class HeaderArgs;
class ReplyWriter;
class ServerConnection;

/// It belongs to evhttp. The handle ends when the request is answered, with its connection (unless it is kept
/// beyond that), or when it is disposed, which answers 500 first.
class IncomingRequest final : public EvHttpRequest {
 public:
  /// @param command the method as it came: see EvHttp::HandleRequest()
  IncomingRequest(EventBase& base, evhttp_request* request, ServerConnection& server, unsigned command);

  IncomingRequest* incoming() override { return this; }
  void Dispose() override;
  void* GiveToC() override;

  /// The connection is closing: JavaScript can still read the request, but not answer it.
  void LoseConnection();
  /// The connection has gone. A request that is kept takes libevent's request over and stays; any other ends.
  /// @returns whether libevent's request is the handle's now
  bool OutliveConnection();

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  using EvHttpRequest::kKind;  // handles are looked up as EvHttpRequest

  //                 StartReply()
  //   kUnanswered --------------> kStreaming
  //        |                          |
  //        | LoseConnection()         |
  //        +--------> kLost <---------+
  //                     |
  //                     | OutliveConnection(), when it is kept
  //                     v
  //                  kOrphan
  //
  // EndHandle() ends the handle in any state but kOrphan: the reply is whole, or Dispose() was called.
  enum class State : uint8_t {
    kUnanswered,
    kStreaming,  ///< the reply has been started
    kLost,       ///< the connection is being closed, nothing can be sent
    kOrphan,     ///< the connection has gone; what the request holds can be looked at, as in C
  };

  void CheckOutputIsOurs() const override;
  unsigned Command() const override { return m_command; }
  std::string_view ExtensionMethod() const override;
  const char* Uri() const override { return evhttp_request_get_uri(m_request); }
  double ObtainConnection() override;
  EventBase* BaseOrNull() const override { return &base(); }

  /// @throws EventError unless the request can be answered.
  static IncomingRequest& Answerable(const Napi::CallbackInfo& info);
  static IncomingRequest& Unanswered(const Napi::CallbackInfo& info);
  static IncomingRequest& Streaming(const Napi::CallbackInfo& info);

  static Napi::Value KeepNapi(const Napi::CallbackInfo& info);
  static Napi::Value IsLostNapi(const Napi::CallbackInfo& info);
  static Napi::Value ReadBodyNapi(const Napi::CallbackInfo& info);
  static Napi::Value WantCompleteNapi(const Napi::CallbackInfo& info);
  static Napi::Value ReplyNapi(const Napi::CallbackInfo& info);
  static Napi::Value SendErrorNapi(const Napi::CallbackInfo& info);
  static Napi::Value SendReplyStartNapi(const Napi::CallbackInfo& info);
  static Napi::Value SendReplyChunkNapi(const Napi::CallbackInfo& info);
  static Napi::Value SendReplyPartNapi(const Napi::CallbackInfo& info);
  static Napi::Value SendReplyFileNapi(const Napi::CallbackInfo& info);
  static Napi::Value SendReplyEndNapi(const Napi::CallbackInfo& info);

  /// The only one that sets m_state.
  void Enter(State state) { m_state = state; }
  bool AnsweredByC() const;
  bool ReplyPlainly(ReplyWriter& writer, const HeaderArgs& headers, const Napi::Value& body);
  void SendError(int status, const char* reason);
  void StartReply(int status, const char* reason);
  /// The reply is about to be sent, or cannot be sent: deletes the handle.
  void EndHandle();

  ServerConnection* m_server;  // until the connection has gone
  const unsigned m_command;
  State m_state = State::kUnanswered;
  bool m_kept = false;          // JavaScript wants it beyond its connection
  std::string m_orphan_method;  // of an orphan, when libevent does not know it
};

}  // namespace bitcoin_support
