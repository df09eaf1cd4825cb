// The two callbacks of a filter.
#pragma once

#include <event2/bufferevent.h>
#include <napi.h>

#include <cstddef>

namespace bitcoin_support {

class BufferEvent;

/// Stands between libevent and the JavaScript functions of a filter. libevent keeps it until it frees the
/// filter, which is after the handle has ended.
class BufferEventFilter {
 public:
  BufferEventFilter(bool input, bool output) : m_input(input), m_output(output) {}

  /// @returns the filter, or null. On success it owns `self`.
  static bufferevent* New(bufferevent* underlying, int options, BufferEventFilter* self);

  void set_owner(BufferEvent* owner) { m_owner = owner; }

  /// The bytes that the function under way is to work on. @throws EventError ERR_EV_STATE when there is none
  Napi::Value Source(Napi::Env env) const;
  /// What the function under way has come to: it has used so many bytes of the source and made these.
  void SetResult(Napi::Env env, size_t consumed, napi_value output);

 private:
  struct Run;

  bufferevent_filter_result Process(bool output, evbuffer* source, evbuffer* target, ev_ssize_t limit,
                                    int mode);

  static bufferevent_filter_result OnInput(evbuffer* source, evbuffer* target, ev_ssize_t limit,
                                           bufferevent_flush_mode mode, void* arg);
  static bufferevent_filter_result OnOutput(evbuffer* source, evbuffer* target, ev_ssize_t limit,
                                            bufferevent_flush_mode mode, void* arg);

  const bool m_input;
  const bool m_output;
  BufferEvent* m_owner = nullptr;
  Run* m_run = nullptr;
};

}  // namespace bitcoin_support
