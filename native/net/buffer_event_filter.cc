#include "net/buffer_event_filter.h"

#include <event2/buffer.h>
#include <event2/event.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "buffers/append_bytes.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "net/buffer_event.h"

namespace bitcoin_support {

/// One call of a function. The filter refers to it while it exists.
struct BufferEventFilter::Run {
  Run(BufferEventFilter& filter, evbuffer* source, evbuffer* target)
      : filter(filter), source(source), target(target) {
    filter.m_run = this;
  }
  ~Run() { filter.m_run = nullptr; }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  BufferEventFilter& filter;
  evbuffer* const source;
  evbuffer* const target;
  bool has_result = false;  ///< false after the call: the function has thrown
};

bufferevent* BufferEventFilter::New(bufferevent* underlying, int options, BufferEventFilter* self) {
  return bufferevent_filter_new(
      underlying, self->m_input ? OnInput : nullptr, self->m_output ? OnOutput : nullptr, options,
      [](void* context) { delete static_cast<BufferEventFilter*>(context); }, self);
}

Napi::Value BufferEventFilter::Source(Napi::Env env) const {
  if (m_run == nullptr) return env.Undefined();
  const size_t size = evbuffer_get_length(m_run->source);
  const auto bytes = Napi::Buffer<uint8_t>::New(env, size);
  evbuffer_copyout(m_run->source, bytes.Data(), size);
  return bytes;
}

void BufferEventFilter::SetResult(Napi::Env env, size_t consumed, napi_value output) {
  if (m_run == nullptr || m_run->has_result) return;
  // From here on, callbacks of the buffers may run JavaScript.
  Run& run = *m_run;
  if (!Napi::Value(env, output).IsUndefined()) AppendBytes(env, output, run.target);
  run.has_result = true;
  if (consumed > 0) evbuffer_drain(run.source, consumed);
}

// @returns whether the function has set a result
bool BufferEventFilter::CallFunction(bool output, evbuffer* source, evbuffer* target, ev_ssize_t limit,
                                     int mode) {
  Run run(*this, source, target);
  BufferEvent& owner = *m_owner;
  owner.env().callbacks().Call(
      owner.base(), JsCallback::kBufferFilter,
      {owner.slot(), output ? 1.0 : 0.0, static_cast<double>(std::max<ev_ssize_t>(limit, -1)),
       static_cast<double>(mode)},
      &owner.context());
  return run.has_result;
}

bufferevent_filter_result BufferEventFilter::Process(bool output, evbuffer* source, evbuffer* target,
                                                     ev_ssize_t limit, int mode) {
  if (m_owner == nullptr || m_run != nullptr) return BEV_NEED_MORE;
  BufferEvent& owner = *m_owner;
  const EventBase::BusyScope busy(owner.base());
  const size_t had = evbuffer_get_length(source);
  const size_t room = evbuffer_get_length(target);
  const bool has_result = CallFunction(output, source, target, limit, mode);
  if (m_owner == nullptr) return BEV_ERROR;
  bufferevent* const bev = owner.bev();
  if (!has_result) {
    // libevent itself does not report a filter's error.
    owner.NoteDeferral(BEV_OPT_DEFER_CALLBACKS);
    errno = EPROTO;
    bufferevent_trigger_event(
        bev, static_cast<short>(BEV_EVENT_ERROR | (output ? BEV_EVENT_WRITING : BEV_EVENT_READING)),
        BEV_TRIG_DEFER_CALLBACKS);
    return BEV_ERROR;
  }
  const bool made = evbuffer_get_length(target) > room;
  if (evbuffer_get_length(source) < had || (had == 0 && made)) return BEV_OK;
  // After BEV_OK libevent calls again as long as the source has bytes, which would be for ever. But it would
  // also call the read callback for what was made.
  if (!output && made) {
    owner.NoteDeferral(BEV_OPT_DEFER_CALLBACKS);
    bufferevent_trigger(bev, EV_READ, BEV_TRIG_DEFER_CALLBACKS);
  }
  return BEV_NEED_MORE;
}

bufferevent_filter_result BufferEventFilter::OnInput(evbuffer* source, evbuffer* target, ev_ssize_t limit,
                                                     bufferevent_flush_mode mode, void* arg) {
  return static_cast<BufferEventFilter*>(arg)->Process(false, source, target, limit, mode);
}

bufferevent_filter_result BufferEventFilter::OnOutput(evbuffer* source, evbuffer* target, ev_ssize_t limit,
                                                      bufferevent_flush_mode mode, void* arg) {
  return static_cast<BufferEventFilter*>(arg)->Process(true, source, target, limit, mode);
}

}  // namespace bitcoin_support
