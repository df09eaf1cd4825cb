// What stands around calls that move bytes through bufferevents.
#pragma once

#include <napi.h>

#include "buffers/buffer_news.h"
#include "loop/event_base.h"
#include "napi/environment.h"

namespace bitcoin_support {

/// As EvBuffer::Operation, for a call into libevent that may change buffers of which there may be no handle:
/// those of the bufferevents on a base. The function returns what End() does, which has the buffers'
/// callbacks called; they may dispose anything.
class BufferTransfer {
 public:
  explicit BufferTransfer(EventBase& base)
      : m_env(base.env()), m_news(m_env.State<BufferNews>()), m_busy(base) {}

  /// @throws what a callback throws
  Napi::Value End(Napi::Value result) {
    m_env.callbacks().ReportBufferChangesToCaller();
    return result;
  }

 private:
  Environment& m_env;
  const BufferNews::Scope m_news;
  const EventBase::BusyScope m_busy;
};

}  // namespace bitcoin_support
