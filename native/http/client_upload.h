// Sends a client's request whose body is long or chunked.
#pragma once

#include <event2/bufferevent.h>

#include <cstdint>
#include <vector>

struct evhttp_connection;

namespace bitcoin_support {

class OutgoingRequest;
class HttpClient;

/// Takes the place of evhttp's callbacks on the bufferevent while a long or chunked body is being sent.
/// evhttp would take the request for sent when the output is empty for the first time, and would not read
/// an answer before that. When all is sent, or the answer comes early, evhttp's own callbacks go on.
class ClientUpload {
 public:
  explicit ClientUpload(HttpClient& client) : m_client(client) {}

  /// libevent has written the head of `request`, and its body if it has one, to its connection's buffer.
  void Begin(OutgoingRequest& request);
  bool active() const { return m_state == State::kSending || m_state == State::kLastPart; }
  /// Whether the answer to the last request came before the whole request was sent.
  bool truncated() const { return m_state == State::kTruncated; }
  /// More of the body is in the connection's buffer. @param key for JsCallback::kChunkWritten once it is
  /// sent, or 0
  void NoteMore(double key);
  /// The last of the body is in the connection's buffer.
  void NoteEnd() { Enter(State::kLastPart); }
  /// The connection or the request has gone.
  void Abandon();

 private:
  //            Begin()             NoteEnd()
  //     kIdle ---------> kSending ----------> kLastPart
  //       |                                      ^
  //       +--------------------------------------+
  //        Begin(), when the whole body is there
  //
  // From kSending and kLastPart back to kIdle: OnWritten(), Abandon(), OnEvent(). From both to kTruncated:
  // OnRead(). From kTruncated on: Begin().
  enum class State : uint8_t {
    kIdle,
    kSending,    ///< more of the body will come
    kLastPart,   ///< all of the body is in the connection's buffer
    kTruncated,  ///< over: the answer came before all was sent
  };

  /// The only one that sets m_state.
  void Enter(State state) { m_state = state; }
  void WriteHead(OutgoingRequest& request);
  void GoOn(State over);
  void ReportWritten(bool written);
  bool AnswerHasBegun();

  static void OnRead(bufferevent* stream, void* arg);
  static void OnWritten(bufferevent* stream, void* arg);
  static void OnEvent(bufferevent* stream, short what, void* arg);

  HttpClient& m_client;
  evhttp_connection* m_connection = nullptr;
  // libevent's own callbacks.
  bufferevent_data_cb m_write_cb = nullptr;
  bufferevent_event_cb m_event_cb = nullptr;
  std::vector<double> m_keys;
  State m_state = State::kIdle;
};

}  // namespace bitcoin_support
