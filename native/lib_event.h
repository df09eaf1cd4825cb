// struct event behind the LibEvent handle.
#pragma once

#include <event2/event.h>
#include <napi.h>

#include "event_base.h"

namespace bitcoin_support {

/// Owns one event, in memory of its own that is wiped when it goes.
class LibEvent final : public BaseChild {
 public:
  static constexpr HandleKind kKind = HandleKind::kLibEvent;

  /// @throws EventError ERR_EV_LIBEVENT when libevent refuses the combination of flags.
  LibEvent(EventBase& base, int fd, int what);
  ~LibEvent() override;

  void Dispose() override;

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  void Add(double ms);
  void Del();
  void ReleaseSignalClaim();

  static void OnEvent(evutil_socket_t fd, short what, void* arg);

  static Napi::Value New(const Napi::CallbackInfo& info);
  static Napi::Value AddNapi(const Napi::CallbackInfo& info);
  static Napi::Value DelNapi(const Napi::CallbackInfo& info);
  static Napi::Value ActiveNapi(const Napi::CallbackInfo& info);
  static Napi::Value PendingNapi(const Napi::CallbackInfo& info);
  static Napi::Value PrioritySetNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetPriorityNapi(const Napi::CallbackInfo& info);

  const bool m_ends_when_delivered;  ///< a signal event without EV_PERSIST
  event* m_event = nullptr;
  bool m_holds_signal = false;
};

}  // namespace bitcoin_support
