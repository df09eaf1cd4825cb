// The two callbacks of a filter.
#pragma once

#include <event2/bufferevent.h>
#include <napi.h>

#include <cstddef>

namespace bitcoin_support {

class BufferEvent;

/// Calls the JavaScript functions of a filter for libevent. libevent owns it, and deletes it when it frees
/// the filter, which is after the handle has ended.
class BufferEventFilter {
 public:
  BufferEventFilter(bool input, bool output) : m_input(input), m_output(output) {}

  /// @returns the filter, which owns `self`; null when there is none, and then the caller owns `self`
  static bufferevent* New(bufferevent* underlying, int options, BufferEventFilter* self);

  /// Null when the handle has ended.
  void set_owner(BufferEvent* owner) { m_owner = owner; }

  /// A copy of the source's bytes for the function that runs; undefined when none runs.
  Napi::Value Source(Napi::Env env) const;
  /// The function that runs has used `consumed` bytes of the source and made `output`, or nothing.
  void SetResult(Napi::Env env, size_t consumed, napi_value output);

 private:
  struct Run;

  bool CallFunction(bool output, evbuffer* source, evbuffer* target, ev_ssize_t limit, int mode);
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
