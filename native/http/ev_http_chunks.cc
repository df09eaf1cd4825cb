// An outgoing EvHttpRequest whose body comes in chunks.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>

#include <new>

#include "http/ev_http_connection.h"
#include "http/ev_http_request.h"
#include "http/http_client.h"
#include "http/http_method.h"
#include "napi/arguments.h"
#include "napi/byte_source.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"

namespace bitcoin_support {

std::string_view EvHttpRequest::method() const { return NameOfMethod(static_cast<unsigned>(m_method)); }

// Where chunks go: to the connection, or, before that has the request, to be sent then. Null: the reply has
// come, nobody reads them any more.
evbuffer* EvHttpRequest::ChunkTarget() const {
  if (m_client != nullptr && client().IsCurrent(*this) && client().connected()) {
    return client().upload().active() ? bufferevent_get_output(client().stream()) : nullptr;
  }
  return m_chunks.get();
}

void EvHttpRequest::BeginChunks() {
  if (m_state != State::kNew || m_chunks != nullptr) {
    ThrowEventError(env(), code::kState, "the request has been made");
  }
  if (evbuffer_get_length(evhttp_request_get_output_buffer(m_request)) > 0) {
    ThrowEventError(env(), code::kState, "the request has a body");
  }
  m_chunks = NewBuffer();
  m_output_view.Invalidate();
}

// What is in `target`, ChunkTarget()'s, is to be told of with `key`, unless that is 0.
void EvHttpRequest::NoteWritten(const evbuffer& target, double key) {
  if (&target != m_chunks.get()) {
    client().upload().NoteMore(key);
  } else if (key != 0) {
    m_written_keys.push_back(key);
  }
}

// (request): its body comes in chunks
Napi::Value EvHttpRequest::BeginChunksNapi(const Napi::CallbackInfo& info) {
  Outgoing(info).BeginChunks();
  return info.Env().Undefined();
}

// (request, data, key | 0) -> whether the key will be called back with
Napi::Value EvHttpRequest::SendChunkNapi(const Napi::CallbackInfo& info) {
  EvHttpRequest& self = Outgoing(info);
  if (self.m_state != State::kStarted || self.m_chunks == nullptr || self.m_chunks_ended) {
    ThrowEventError(self.env(), code::kState, "the request takes no chunks");
  }
  const double key = NumberArg(info, 2);
  const ByteSource data(info.Env(), info[1]);
  evbuffer* const target = self.ChunkTarget();
  if (target == nullptr) return Napi::Boolean::New(info.Env(), false);
  if (data.size() == 0) {
    // It has gone when all before it has.
    const bool waits = evbuffer_get_length(target) > 0;
    if (waits) self.NoteWritten(*target, key);
    return Napi::Boolean::New(info.Env(), waits);
  }
  evbuffer_iovec space{};
  evbuffer_add_printf(target, "%zx\r\n", data.size());
  // One more than is committed: see ByteSource::CopyTo().
  if (evbuffer_reserve_space(target, static_cast<ev_ssize_t>(data.size() + 1), &space, 1) != 1) {
    throw std::bad_alloc();
  }
  data.CopyTo(static_cast<char*>(space.iov_base));
  space.iov_len = data.size();
  evbuffer_commit_space(target, &space, 1);
  evbuffer_add(target, "\r\n", 2);
  self.NoteWritten(*target, key);
  return Napi::Boolean::New(info.Env(), true);
}

// (request)
Napi::Value EvHttpRequest::EndChunksNapi(const Napi::CallbackInfo& info) {
  EvHttpRequest& self = Outgoing(info);
  if (self.m_state != State::kStarted || self.m_chunks == nullptr || self.m_chunks_ended) {
    ThrowEventError(self.env(), code::kState, "the request takes no chunks");
  }
  self.m_chunks_ended = true;
  evbuffer* const target = self.ChunkTarget();
  if (target == nullptr) return info.Env().Undefined();
  evbuffer_add(target, "0\r\n\r\n", 5);
  if (target != self.m_chunks.get()) self.client().upload().NoteEnd();
  return info.Env().Undefined();
}

void EvHttpRequest::ExportChunks(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<BeginChunksNapi>(env, exports, "requestBeginChunks", state);
  ExportFunction<SendChunkNapi>(env, exports, "requestSendChunk", state);
  ExportFunction<EndChunksNapi>(env, exports, "requestEndChunks", state);
}

}  // namespace bitcoin_support
