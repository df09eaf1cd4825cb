#include "libevent/log_relay.h"

#include <event2/event.h>
#include <event2/util.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <mutex>

#include "napi/callback_host.h"
#include "napi/environment.h"
#include "napi/errors.h"

namespace bitcoin_support {
namespace {

// The receiver, and its queue: another thread may log while it ends.
std::mutex g_mutex;
LogRelay* g_receiver = nullptr;

constexpr size_t kKeptError = 256;
thread_local char t_last_error[kKeptError] = "";

const char* NameOf(int severity) {
  constexpr const char* kNames[] = {"debug", "msg", "warn", "err"};
  return severity >= 0 && static_cast<size_t>(severity) < std::size(kNames) ? kNames[severity] : "???";
}

// As libevent does without a callback.
void Print(int severity, const char* text) { std::fprintf(stderr, "[%s] %s\n", NameOf(severity), text); }

}  // namespace

/// A message that waits for its thread's loop, or an error that was thrown where nothing could take it.
struct LogRelay::Message {
  int severity = 0;
  std::string text;
  Napi::ObjectReference thrown;
};

void LogRelay::Install() { event_set_log_callback(OnLog); }

void LogRelay::SetDebug(bool on) {
  s_debug = on;
  event_enable_debug_logging(on ? EVENT_DBG_ALL : EVENT_DBG_NONE);
}

const char* LogRelay::LastError() { return t_last_error; }

LogRelay::~LogRelay() { OnCleanup(this); }

void LogRelay::SetCallback(const Napi::Value& callback) {
  if (!callback.IsFunction()) {
    const std::lock_guard lock(g_mutex);
    g_receiver = nullptr;
    m_callback.Reset();
    return;
  }
  if (!OpenQueue()) ThrowEventError(m_env, code::kState, "the environment is closing");
  m_callback = Napi::Persistent(callback.As<Napi::Function>());
  if (m_loop != nullptr) m_loop->Watch();
  const std::lock_guard lock(g_mutex);
  g_receiver = this;
}

bool LogRelay::OpenQueue() {
  if (m_queue != nullptr) return true;
  const napi_env env = m_env.napi();
  const Napi::String name = Napi::String::New(m_env.napi(), "libevent log");
  m_thread = std::this_thread::get_id();
  evutil_socket_t pair[2];
  if (evutil_socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return false;
  m_wake_read = UniqueFd(pair[0]);
  m_wake_write = UniqueFd(pair[1]);
  for (const evutil_socket_t fd : pair) {
    evutil_make_socket_nonblocking(fd);
    evutil_make_socket_closeonexec(fd);
  }
  if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this, OnQueued,
                                      &m_queue) != napi_ok) {
    m_queue = nullptr;
    return false;
  }
  // It must not keep the process alive.
  napi_unref_threadsafe_function(env, m_queue);
  // Hooks run in reverse order, so this one before the queue is closed.
  napi_add_env_cleanup_hook(env, OnCleanup, this);
  return true;
}

void LogRelay::OnCleanup(void* data) {
  const std::lock_guard lock(g_mutex);
  if (g_receiver == data) g_receiver = nullptr;
}

void LogRelay::OnLog(int severity, const char* text) {
  if (severity >= EVENT_LOG_ERR) {
    std::snprintf(t_last_error, sizeof t_last_error, "%s", text);
  }
  LogRelay* receiver = nullptr;
  {
    const std::lock_guard lock(g_mutex);
    receiver = g_receiver;
    if (receiver != nullptr && receiver->m_thread != std::this_thread::get_id()) {
      receiver->Queue(severity, text);
      return;
    }
  }
  if (receiver == nullptr) {
    Print(severity, text);
  } else {
    receiver->Deliver(severity, text);
  }
}

void LogRelay::Queue(int severity, const char* text) {
  auto message = std::make_unique<Message>();
  message->severity = severity;
  message->text = text;
  if (napi_call_threadsafe_function(m_queue, message.get(), napi_tsfn_nonblocking) == napi_ok) {
    message.release();
  } else {
    Print(severity, text);
  }
}

void LogRelay::Deliver(int severity, const char* text) {
  bool pending = false;
  if (!m_env.can_call_js()) {
    Print(severity, text);
  } else if (NativeCalls::refusing() || napi_is_exception_pending(m_env.napi(), &pending) != napi_ok ||
             pending) {
    Queue(severity, text);
  } else {
    Call(severity, text);
  }
}

void LogRelay::Call(int severity, const char* text) {
  const napi_env env = m_env.napi();
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value argv[2];
  napi_value receiver;
  napi_create_int32(env, severity, &argv[0]);
  napi_create_string_latin1(env, text, NAPI_AUTO_LENGTH, &argv[1]);
  napi_get_undefined(env, &receiver);
  napi_status status;
  {
    const NativeCalls::RefuseScope refuse;
    // Promises wait: what they do might call libevent.
    status = napi_call_function(env, receiver, m_callback.Value(), 2, argv, nullptr);
  }
  if (status != napi_ok) {
    bool pending = false;
    napi_value error;
    napi_is_exception_pending(env, &pending);
    // Without an exception the thread is being terminated; Node does the rest.
    if (pending && napi_get_and_clear_last_exception(env, &error) == napi_ok) Keep(error);
  }
  napi_close_handle_scope(env, scope);
}

void LogRelay::Keep(napi_value error) {
  NativeCalls& calls = m_env.calls();
  if (m_loop != nullptr && m_loop->m_depth == calls.depth() && m_loop->m_host.in_sync_loop()) {
    m_env.callbacks().Keep(error);
    // When it is full it wakes the loop as well.
    [[maybe_unused]] const ssize_t written = write(m_wake_write.get(), "", 1);
  } else if (calls.depth() == 0) {
    RaiseLater(error);
  } else {
    calls.ThrowAtReturn(error);
  }
}

void LogRelay::RaiseLater(napi_value error) {
  auto message = std::make_unique<Message>();
  message->thrown = JsCallbacks::Box(m_env.napi(), error);
  // The process must not end before the error has been raised.
  napi_ref_threadsafe_function(m_env.napi(), m_queue);
  if (napi_call_threadsafe_function(m_queue, message.get(), napi_tsfn_nonblocking) == napi_ok)
    message.release();
}

void LogRelay::OnQueued(napi_env env, napi_value, void* context, void* data) {
  const std::unique_ptr<Message> message(static_cast<Message*>(data));
  if (env == nullptr) {
    // The environment has gone, and with it what `context` was.
    message->thrown.SuppressDestruct();
    if (message->thrown.IsEmpty()) Print(message->severity, message->text.c_str());
    return;
  }
  LogRelay& self = *static_cast<LogRelay*>(context);
  if (!message->thrown.IsEmpty()) {
    napi_unref_threadsafe_function(env, self.m_queue);
    napi_fatal_exception(env, JsCallbacks::Unbox(message->thrown));
  } else if (self.m_callback.IsEmpty()) {
    Print(message->severity, message->text.c_str());
  } else {
    self.Call(message->severity, message->text.c_str());
  }
}

LogRelay::LoopScope::LoopScope(LogRelay& relay, CallbackHost& host, event_base* base)
    : m_relay(relay),
      m_host(host),
      m_base(base),
      m_outer(relay.m_loop),
      m_depth(relay.m_env.calls().depth()) {
  relay.m_loop = this;
  if (!relay.m_callback.IsEmpty()) Watch();
}

LogRelay::LoopScope::~LoopScope() {
  m_woken.reset();
  m_relay.m_loop = m_outer;
}

void LogRelay::LoopScope::Watch() {
  // Where Node's loop runs the base, an uncaught exception ends nothing.
  if (m_woken || !m_host.in_sync_loop()) return;
  m_woken.emplace(m_base, m_relay.m_wake_read.get(), EV_READ | EV_PERSIST, OnWake, this);
  m_woken->Add();
}

void LogRelay::LoopScope::OnWake(evutil_socket_t fd, short, void* arg) {
  char bytes[64];
  while (read(fd, bytes, sizeof bytes) > 0) {
  }
  static_cast<LoopScope*>(arg)->m_host.BreakLoop();
}

}  // namespace bitcoin_support
