// The scope of a native call that moves bytes through bufferevents.
#pragma once

#include <napi.h>

#include "buffers/buffer_changes.h"
#include "loop/event_base.h"
#include "napi/environment.h"

namespace bitcoin_support {

/// EvBuffer::Operation for a call into libevent that may change the buffers of any bufferevent on a base,
/// with or without handles. The function returns what End() returns, which calls JavaScript for the changes;
/// those callbacks may dispose anything.
class BufferTransfer {
 public:
  explicit BufferTransfer(EventBase& base)
      : m_env(base.env()), m_changes(m_env.State<BufferChanges>()), m_busy(base) {}

  /// @throws what a callback throws
  Napi::Value End(Napi::Value result) {
    m_env.callbacks().ReportBufferChangesToCaller();
    return result;
  }

 private:
  Environment& m_env;
  const BufferChanges::Scope m_changes;
  const EventBase::BusyScope m_busy;
};

}  // namespace bitcoin_support
