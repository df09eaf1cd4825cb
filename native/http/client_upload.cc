#include "http/client_upload.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <strings.h>

#include <utility>

#include "http/client_connection.h"
#include "http/http_client.h"
#include "http/outgoing_request.h"
#include "napi/environment.h"

namespace bitcoin_support {
namespace {

// A shorter body is written before an answer can come.
constexpr size_t kLongBytes = 16384;

// How long an interim answer may be. A longer one is left to libevent, which refuses it.
constexpr size_t kMaxInterimBytes = 65536;

constexpr char kHeadEnd[] = "\r\n\r\n";

void Discard(evbuffer* output) {
  // A bufferevent freezes the start of its output against others.
  evbuffer_unfreeze(output, 1);
  evbuffer_drain(output, evbuffer_get_length(output));
  evbuffer_freeze(output, 1);
}

}  // namespace

void ClientUpload::Begin(OutgoingRequest& request) {
  bufferevent* const stream = m_client.stream();
  const bool chunked = request.sends_chunks();
  if (!chunked && evbuffer_get_length(bufferevent_get_output(stream)) < kLongBytes) {
    Enter(State::kIdle);
    return;
  }
  Enter(!chunked || request.chunks_ended() ? State::kLastPart : State::kSending);
  m_connection = m_client.connection();
  if (chunked) {
    WriteHead(request);
    m_keys = request.TakeWrittenKeys();
  }
  bufferevent_getcb(stream, nullptr, &m_write_cb, &m_event_cb, nullptr);
  bufferevent_setcb(stream, OnRead, OnWritten, OnEvent, this);
}

// libevent's own head of a POST or PUT would announce a body of no bytes.
void ClientUpload::WriteHead(OutgoingRequest& request) {
  evbuffer* const output = bufferevent_get_output(m_client.stream());
  Discard(output);
  const std::string_view method = request.method();
  evbuffer_add(output, method.data(), method.size());
  evbuffer_add_printf(output, " %s HTTP/1.1\r\n", request.uri().c_str());
  const evkeyvalq* const headers = evhttp_request_get_output_headers(request.request());
  for (const evkeyval* header = headers->tqh_first; header != nullptr; header = header->next.tqe_next) {
    const bool frames =
        strcasecmp(header->key, "Content-Length") == 0 || strcasecmp(header->key, "Transfer-Encoding") == 0;
    if (!frames) evbuffer_add_printf(output, "%s: %s\r\n", header->key, header->value);
  }
  evbuffer_add_printf(output, "Transfer-Encoding: chunked\r\n\r\n");
  evbuffer_add_buffer(output, request.chunks());
}

void ClientUpload::NoteMore(double key) {
  if (key != 0) m_keys.push_back(key);
}

void ClientUpload::Abandon() {
  if (active()) Enter(State::kIdle);
  ReportWritten(false);
}

void ClientUpload::ReportWritten(bool written) {
  ClientConnection& handle = m_client.handle();
  for (const double key : std::exchange(m_keys, {})) {
    handle.env().callbacks().Call(handle.base(), JsCallback::kChunkWritten, {key, written ? 1.0 : 0.0});
  }
}

// Lets libevent wait for the answer.
void ClientUpload::GoOn(State over) {
  Enter(over);
  m_client.SetPhaseTimeouts();
  m_write_cb(m_client.stream(), m_connection);
}

void ClientUpload::OnWritten(bufferevent*, void* arg) {
  ClientUpload& self = *static_cast<ClientUpload*>(arg);
  const EventBase::BusyScope busy(self.m_client.handle().base());
  if (!self.active()) return;
  const bool complete = self.m_state == State::kLastPart;
  evhttp_connection* const connection = self.m_connection;
  self.ReportWritten(true);
  // A callback may have sent more, or ended the request.
  if (!self.active() || !complete || self.m_client.connection() != connection) return;
  if (evbuffer_get_length(bufferevent_get_output(self.m_client.stream())) == 0) self.GoOn(State::kIdle);
}

void ClientUpload::OnRead(bufferevent* stream, void* arg) {
  ClientUpload& self = *static_cast<ClientUpload*>(arg);
  const EventBase::BusyScope busy(self.m_client.handle().base());
  if (!self.active() || !self.AnswerHasBegun()) return;
  // The server will not read the rest, and cannot know where the rest ends.
  Discard(bufferevent_get_output(stream));
  self.GoOn(State::kTruncated);
  self.ReportWritten(false);
}

// Whether a final answer has begun. Drops interim answers.
bool ClientUpload::AnswerHasBegun() {
  evbuffer* const input = bufferevent_get_input(m_client.stream());
  for (;;) {
    char start[sizeof "HTTP/1.1 1" - 1];
    if (evbuffer_copyout(input, start, sizeof start) < static_cast<ev_ssize_t>(sizeof start)) return false;
    if (start[sizeof start - 1] != '1') return true;
    const evbuffer_ptr end = evbuffer_search(input, kHeadEnd, sizeof kHeadEnd - 1, nullptr);
    if (end.pos < 0) return evbuffer_get_length(input) > kMaxInterimBytes;
    evbuffer_drain(input, static_cast<size_t>(end.pos) + sizeof kHeadEnd - 1);
  }
}

void ClientUpload::OnEvent(bufferevent* stream, short what, void* arg) {
  ClientUpload& self = *static_cast<ClientUpload*>(arg);
  const EventBase::BusyScope busy(self.m_client.handle().base());
  if (!self.active()) return;
  self.Enter(State::kIdle);
  if ((what & BEV_EVENT_TIMEOUT) != 0) self.m_client.NoteTimeout(true);
  self.m_event_cb(stream, what, self.m_connection);
}

}  // namespace bitcoin_support
