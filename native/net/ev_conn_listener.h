// struct evconnlistener behind the EvConnListener handle.
#pragma once

#include <event2/listener.h>
#include <napi.h>

#include <optional>
#include <string>

#include "loop/base_child.h"
#include "net/accept_pause.h"

namespace bitcoin_support {

/// Owns one evconnlistener. It pauses when accept() fails, and until the next turn when the loop is to end.
class EvConnListener final : public BaseChild {
 public:
  static constexpr HandleKind kKind = HandleKind::kEvConnListener;

  /// Owns `fd`, which listens, unless it throws. Dispose() unlinks `unlink_path`, if there is one.
  /// @throws EventError ERR_EV_LIBEVENT
  EvConnListener(EventBase& base, int fd, unsigned flags, std::string unlink_path);
  ~EvConnListener() override;

  void Dispose() override;
  bool WaitsWith(const event* ev) const override {
    return event_get_fd(ev) == evconnlistener_get_fd(m_listener) || m_pause->WaitsWith(ev);
  }

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  struct Accepted;

  void SetEnabled(bool on);
  void SetHasCallback(bool on);
  /// Enables the listener if both SetEnabled() and SetHasCallback() say so, else disables it.
  void Apply();
  void Accept(int fd, const sockaddr* address, socklen_t length);
  /// Reports the error to JavaScript, and pauses.
  void Fail(int error);

  static void OnAccept(evconnlistener* listener, evutil_socket_t fd, sockaddr* address, int length,
                       void* arg);
  static void OnError(evconnlistener* listener, void* arg);

  static EvConnListener& This(const Napi::CallbackInfo& info);
  static Napi::Value BindTcpNapi(const Napi::CallbackInfo& info);
  static Napi::Value BindUnixNapi(const Napi::CallbackInfo& info);
  static Napi::Value NewNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetEnabledNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetHasCallbackNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetNoDelayNapi(const Napi::CallbackInfo& info);
  static Napi::Value TakeAcceptedNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetFdNapi(const Napi::CallbackInfo& info);
  static Napi::Value AddressNapi(const Napi::CallbackInfo& info);

  evconnlistener* m_listener = nullptr;
  std::optional<AcceptPause> m_pause;
  const std::string m_unlink_path;
  Accepted* m_accepted = nullptr;  ///< during JsCallback::kAccept
  bool m_enabled = false;
  bool m_has_callback = false;
};

}  // namespace bitcoin_support
