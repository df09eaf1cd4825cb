// struct event behind the LibEvent handle.
#pragma once

#include <event2/event.h>
#include <napi.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "loop/base_child.h"
#include "napi/async_context.h"

namespace bitcoin_support {

class EventShare;

/// Owns one event, in memory of its own that is wiped when it goes.
class LibEvent final : public BaseChild {
 public:
  static constexpr HandleKind kKind = HandleKind::kLibEvent;

  /// What the loop calls instead of JavaScript.
  struct CCallback {
    event_callback_fn function;
    void* arg;
  };

  /// @throws EventError ERR_EV_LIBEVENT when libevent refuses the combination of flags.
  LibEvent(EventBase& base, int fd, int what, std::optional<CCallback> callback = std::nullopt);
  ~LibEvent() override;

  void Dispose() override;
  void* GiveToC() override { return m_event; }
  int priority() const { return event_get_priority(m_event); }
  bool WaitsWith(const event* ev) const override { return ev == m_event; }

  /// The handle behind one of libevent's events, null when it is none of ours.
  static LibEvent* Of(const event* ev);

  /// Lets other threads make the event active. @returns the token, always the same.
  /// @throws EventError ERR_EV_STATE for a signal event
  uint64_t Share();
  /// Activates the event. Its callback gets `what` even if the timeout fires first.
  void Active(int what);

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  //            Finalize()               OnFinalize()
  //     kLive ------------> kFinalizing --------------> kFinalized
  //
  // Dispose() retires the handle in any of them. In kFinalizing OnFinalize() deletes it.
  enum class Life : uint8_t {
    kLive,
    kFinalizing,  ///< libevent will call OnFinalize()
    kFinalized,   ///< libevent has forgotten the event
  };

  void Add(double ms);
  void Del();
  /// Makes the event active as for one more delivery of a signal, each of which calls back.
  void CountDelivery();
  void Finalize();
  void CheckNotFinalizing() const;
  void CheckNotMixed();
  void ForgetDescriptor();
  void CloseShare();
  void ReleaseSignalClaim();
  void CallBack(short what);
  short ReadyNow() const;

  static void OnEvent(evutil_socket_t fd, short what, void* arg);
  static void OnFinalize(event* ev, void* arg);

  static Napi::Value NewNapi(const Napi::CallbackInfo& info);
  static Napi::Value NewInCNapi(const Napi::CallbackInfo& info);
  static Napi::Value RemoveTimerNapi(const Napi::CallbackInfo& info);
  static Napi::Value PendingUntilNapi(const Napi::CallbackInfo& info);
  static Napi::Value FinalizeNapi(const Napi::CallbackInfo& info);
  static Napi::Value CountDeliveryNapi(const Napi::CallbackInfo& info);
  static Napi::Value AddNapi(const Napi::CallbackInfo& info);
  static Napi::Value DelNapi(const Napi::CallbackInfo& info);
  static Napi::Value ActiveNapi(const Napi::CallbackInfo& info);
  static Napi::Value PendingNapi(const Napi::CallbackInfo& info);
  static Napi::Value PrioritySetNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetPriorityNapi(const Napi::CallbackInfo& info);

  const bool m_ends_when_delivered;  ///< a signal event without EV_PERSIST
  const std::optional<CCallback> m_callback;
  const AsyncContext m_context;
  event* m_event = nullptr;
  std::shared_ptr<EventShare> m_share;
  uint64_t m_token = 0;
  short m_activated_with = 0;  ///< by Active(), since the last callback
  unsigned m_deliveries = 0;   ///< of a signal that is shared with Node, not yet called back for
  bool m_holds_signal = false;
  bool m_knows_descriptor = false;  ///< it is in the base's list of those on its descriptor
  Life m_life = Life::kLive;
};

}  // namespace bitcoin_support
