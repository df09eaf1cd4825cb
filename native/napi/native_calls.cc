#include "napi/native_calls.h"

#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/js_callback.h"

namespace bitcoin_support {

void NativeCalls::ThrowReentrant() const {
  ThrowEventError(m_env, code::kReentrant, "the log callback may not call the library: libevent is at work");
}

void NativeCalls::ThrowAtReturn(napi_value error) {
  if (m_thrown_at != 0) return;
  m_kept = JsCallbacks::Box(m_env.napi(), error);
  m_thrown_at = m_depth;
}

void NativeCalls::ThrowKept() {
  m_thrown_at = 0;
  const Napi::ObjectReference box = std::move(m_kept);
  bool pending = false;
  // What the loop's callbacks threw came first.
  if (napi_is_exception_pending(m_env.napi(), &pending) != napi_ok || pending) return;
  throw Napi::Error(m_env.napi(), JsCallbacks::Unbox(box));
}

}  // namespace bitcoin_support
