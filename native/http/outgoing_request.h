// A request that a client makes.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "buffers/unique_buffer.h"
#include "http/ev_http_request.h"

namespace bitcoin_support {

class ClientConnection;
class HttpClient;

/// It belongs to the user until it is made, and from then on to the connection, even if making it failed.
/// It ends when its callback has run.
class OutgoingRequest final : public EvHttpRequest {
 public:
  /// @throws std::bad_alloc
  explicit OutgoingRequest(Environment& env);
  ~OutgoingRequest() override;

  OutgoingRequest* outgoing() override { return this; }
  void Dispose() override;
  void* GiveToC() override;
  /// C has got its address.
  bool known_to_c() const { return m_known_to_c; }

  /// EVHTTP_REQ_* of a request that has been made.
  int command() const { return m_command; }
  std::string_view method() const;
  const std::string& uri() const { return m_uri; }
  /// The request asks for another protocol on the connection.
  bool AsksForUpgrade() const;

  /// Adds a string (as UTF-8) or a Uint8Array to the body that will be sent.
  void AppendOutput(Napi::Env env, napi_value bytes);
  /// Hands the request to `connection`. @throws EventError
  void Make(ClientConnection& connection, int command, const std::string& uri);
  /// evhttp_make_request(), as often as it takes to connect.
  int HandToLibevent(evhttp_connection* connection);

  // --- how it ends, for HttpClient -----------------------------------------------------------------
  /// Fails a request that has been made. JavaScript is given `error`, EVREQ_HTTP_*, and after a cancellation
  /// nothing more. While the request's own callback is running, the request ends when that returns.
  void Fail(int error = EVREQ_HTTP_REQUEST_CANCEL);
  /// Its reply is wrong. JavaScript gets that error when libevent ends the request.
  void NoteWrongReply();
  /// Its connection is being closed. libevent will report how the request ends.
  void AwaitEnd();
  /// There is no connection for it. Its callback runs, and finds the status 0.
  void EndUnconnected();

  // --- a body that is sent in chunks ---------------------------------------------------------------
  bool sends_chunks() const { return m_body != Body::kWhole; }
  bool chunks_ended() const { return m_body == Body::kChunksEnded; }
  /// The chunks that came before libevent had the request, with their framing.
  evbuffer* chunks() const { return m_chunks.get(); }
  std::vector<double> TakeWrittenKeys() { return std::exchange(m_written_keys, {}); }

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  using EvHttpRequest::kKind;  // handles are looked up as EvHttpRequest

  //           Make()         OnHeaders()
  //     kNew ------> kMade ---------------> kReading
  //                    |                       |
  //                    |  AwaitEnd(), Fail()   |
  //                    +-----> kClosing <------+
  //                    |          |            |
  //                    |  OnDone(), EndUnconnected()
  //                    +------> kEnded <-------+
  //
  // End() retires the handle in any state but kNew, in which Dispose() deletes it.
  //
  // m_request is null once JavaScript has been given an error, and in kEnded when there is no reply.
  enum class State : uint8_t {
    kNew,
    kMade,     ///< it waits for a connection, or libevent has it
    kReading,  ///< libevent has read the reply's head
    kClosing,  ///< its connection is being closed: libevent may have freed its evhttp_request already
    kEnded,    ///< its callback is running
  };

  //               BeginChunks()             EndChunksNapi()
  //     kWhole -----------------> kChunks ------------------> kChunksEnded
  enum class Body : uint8_t {
    kWhole,        ///< it is in the output buffer when the request is made
    kChunks,       ///< it is sent in chunks, also while the request waits
    kChunksEnded,  ///< the last chunk has come
  };

  /// The only one that sets m_state.
  void Enter(State state) { m_state = state; }
  bool under_way() const { return m_state == State::kMade || m_state == State::kReading; }

  void CheckThere() const override;
  void CheckOutputIsOurs() const override;
  unsigned Command() const override;
  const char* Uri() const override;
  double ObtainConnection() override;
  EventBase* BaseOrNull() const override { return m_state == State::kNew ? nullptr : &base(); }

  static OutgoingRequest& OutgoingAt(const Napi::CallbackInfo& info, size_t index);
  static OutgoingRequest& Outgoing(const Napi::CallbackInfo& info) { return OutgoingAt(info, 0); }

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

  HttpClient& client() const;
  void AddContentLength();
  void CheckTakesChunks() const;
  void BeginChunks();
  evbuffer* ChunkTarget() const;
  void NoteWritten(const evbuffer& target, double key);
  void Cancel();
  void ReportFailure(int error);
  static void EndUnanswered(Environment& env, EventBase& base, double number, bool call);
  void End();
  void SetPaused(bool on);
  void SetDeadline(double ms);
  void StartDeadline();

  static void OnDone(evhttp_request* request, void* arg);
  static void OnError(evhttp_request_error error, void* arg);
  static int OnHeaders(evhttp_request* request, void* arg);
  static void OnChunk(evhttp_request* request, void* arg);
  static void OnDeadline(evutil_socket_t fd, short what, void* arg);

  State m_state = State::kNew;
  ClientConnection* m_connection = nullptr;
  int m_command = 0;
  std::string m_uri;
  Body m_body = Body::kWhole;
  UniqueBuffer m_chunks;  // unless it is kWhole
  std::vector<double> m_written_keys;
  event* m_deadline = nullptr;
  double m_deadline_ms = -1;
  event* m_hold = nullptr;  // keeps the base alive while the reading is paused
  int m_error = -1;         // what JavaScript is given instead of libevent's own code
  // libevent has called back for the request's end. Apart from m_state: each try to connect sets it anew, and
  // libevent may call back when the handle has ended.
  bool m_libevent_ended = false;
  bool m_in_callback =
      false;  // libevent is reading the reply, and JavaScript is called; set by FlagScope alone
  // What JavaScript has asked for.
  bool m_wants_headers = false;
  bool m_rejected = false;
  bool m_known_to_c = false;
};

}  // namespace bitcoin_support
