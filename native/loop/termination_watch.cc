#include "loop/termination_watch.h"

#include "loop/event_base.h"
#include "loop/loop_driver.h"
#include "napi/environment.h"

namespace bitcoin_support {
namespace {

// The descriptor stays readable until libuv's loop runs again, so this checks in intervals.
constexpr uint64_t kIntervalNs = 50'000'000;

}  // namespace

TerminationWatch::TerminationWatch(EventBase& base)
    : m_base(base),
      m_uv(base.base(), uv_backend_fd(LoopDriver::Of(base.env()).loop()), EV_READ, OnReadable, this),
      m_later(base.base(), OnLater, this) {
  m_uv.Add();
}

void TerminationWatch::OnReadable(evutil_socket_t, short, void* arg) {
  TerminationWatch& self = *static_cast<TerminationWatch*>(arg);
  // A call that is refused breaks the loop; this one does nothing else.
  self.m_base.env().callbacks().Call(self.m_base, JsCallback::kDropped, {});
  self.m_later.Set(kIntervalNs);
}

void TerminationWatch::OnLater(evutil_socket_t, short, void* arg) {
  static_cast<TerminationWatch*>(arg)->m_uv.Add();
}

}  // namespace bitcoin_support
