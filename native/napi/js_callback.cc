#include "napi/js_callback.h"

#include <optional>
#include <string>

#include "napi/async_context.h"
#include "napi/callback_host.h"
#include "napi/environment.h"
#include "napi/errors.h"

namespace bitcoin_support {
namespace {

/// Where libevent calls from: see tables.def.
enum class ComesFrom : uint8_t { kLoop, kLibevent };

struct CallbackEntry {
  const char* name;
  ComesFrom comes_from;
};

// In JsCallback's order.
constexpr CallbackEntry kCallbacks[] = {
#define JS_CALLBACK(callback, name, comes_from, parameters) {#name, ComesFrom::comes_from},
#include "napi/tables.def"
};

constexpr size_t kMaxArgs = 4;

}  // namespace

void JsCallbacks::Configure(const Napi::Object& functions, Napi::Array kept) {
  const auto take = [&](const char* name) {
    const Napi::Value function = functions.Get(name);
    if (!function.IsFunction()) ThrowTypeError(m_env.napi(), std::string(name) + " must be a function");
    kept.Set(kept.Length(), function);
    return Napi::Weak(function.As<Napi::Function>());
  };
  for (size_t i = 0; i < m_functions.size(); ++i) m_functions[i] = take(kCallbacks[i].name);
  m_drain_ticks = take("drainTicks");
  m_receiver = Napi::Persistent(Napi::Object::New(m_env.napi()));
}

bool JsCallbacks::callable() const { return m_env.can_call_js() && m_env.configured(); }

void JsCallbacks::Call(CallbackHost& base, JsCallback which, std::initializer_list<double> args,
                       const AsyncContext* context) noexcept {
  std::optional<CallbackHost::FreeingScope> freeing;
  if (kCallbacks[static_cast<size_t>(which)].comes_from == ComesFrom::kLibevent) freeing.emplace(base);
  ReportBufferChanges(base);
  CallOne(base, which, args, context);
}

void JsCallbacks::ReportBufferChanges(CallbackHost& base) noexcept {
  if (m_buffers_changed) CallOne(base, JsCallback::kBuffersChanged, {}, nullptr);
}

void JsCallbacks::ReportBufferChangesToCaller() {
  if (!m_buffers_changed || !callable()) return;
  napi_value base = nullptr;
  napi_create_uint32(m_env.napi(), 0, &base);
  const Napi::Function function = m_functions[static_cast<size_t>(JsCallback::kBuffersChanged)].Value();
  function.Call(m_receiver.Value(), {base});
}

void JsCallbacks::CallOne(CallbackHost& base, JsCallback which, std::initializer_list<double> args,
                          const AsyncContext* context) noexcept {
  if (!callable()) return;
  // Handles that end in the callback end for the callback's own reason.
  const Environment::EndScope ends(m_env, EndReason::kUnknown, nullptr);
  const napi_env env = m_env.napi();
  napi_handle_scope scope = nullptr;
  if (!base.in_turn() && napi_open_handle_scope(env, &scope) != napi_ok) return;

  napi_value argv[1 + kMaxArgs];
  size_t argc = 0;
  napi_create_uint32(env, base.slot(), &argv[argc++]);
  for (const double arg : args) napi_create_double(env, arg, &argv[argc++]);

  if (!Invoke(which, argv, argc, context, base.in_sync_loop())) {
    napi_value error = nullptr;
    bool pending = false;
    napi_is_exception_pending(env, &pending);
    if (!pending) {
      // The thread is being terminated: leave the loop, Node does the rest.
      base.BreakLoop();
    } else if (napi_get_and_clear_last_exception(env, &error) == napi_ok) {
      if (m_sync_loop != nullptr) {
        Keep(error);
        m_sync_loop->BreakLoop();
      } else {
        napi_fatal_exception(env, error);
      }
    }
  }
  if (scope != nullptr) napi_close_handle_scope(env, scope);
  base.CountCallback();
}

bool JsCallbacks::Invoke(JsCallback which, napi_value* argv, size_t argc, const AsyncContext* context,
                         bool drain_ticks) {
  const napi_env env = m_env.napi();
  const napi_value function = m_functions[static_cast<size_t>(which)].Value();
  const napi_value receiver = m_receiver.Value();
  if (context != nullptr || !drain_ticks) {
    // Drains promises and nextTicks itself when it is the outermost call.
    napi_async_context const entered = context == nullptr ? nullptr : context->get();
    const napi_status status = napi_make_callback(env, entered, receiver, function, argc, argv, nullptr);
    if (status != napi_ok) return false;
  } else if (napi_call_function(env, receiver, function, argc, argv, nullptr) != napi_ok) {
    return false;
  }
  return !drain_ticks || DrainTicks();
}

bool JsCallbacks::DrainTicks() {
  const napi_env env = m_env.napi();
  while (napi_call_function(env, m_receiver.Value(), m_drain_ticks.Value(), 0, nullptr, nullptr) != napi_ok) {
    bool pending = false;
    napi_is_exception_pending(env, &pending);
    napi_value error = nullptr;
    if (!pending || napi_get_and_clear_last_exception(env, &error) != napi_ok) return false;
    // A throwing tick leaves Node's async-context stack dirty. Hand the error to Node's uncaughtException
    // path, or the next callback aborts the process. The other ticks still run.
    napi_fatal_exception(env, error);
  }
  return true;
}

bool JsCallbacks::RethrowPending() {
  if (m_pending.IsEmpty()) return false;
  const napi_env env = m_env.napi();
  const napi_value error = Unbox(m_pending);
  m_pending.Reset();
  napi_throw(env, error);
  return true;
}

void JsCallbacks::Keep(napi_value error) {
  if (m_pending.IsEmpty()) m_pending = Box(m_env.napi(), error);
}

// An array of one, because what is thrown may be anything, null included.
Napi::ObjectReference JsCallbacks::Box(Napi::Env env, napi_value error) {
  const Napi::Array box = Napi::Array::New(env, 1);
  napi_set_element(env, box, 0, error);
  return Napi::Persistent(box.As<Napi::Object>());
}

napi_value JsCallbacks::Unbox(const Napi::ObjectReference& box) {
  napi_value error = nullptr;
  napi_get_element(box.Env(), box.Value(), 0, &error);
  return error;
}

}  // namespace bitcoin_support
