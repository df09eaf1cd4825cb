// struct bufferevent behind the BufferEvent handle.
#pragma once

#include <event2/bufferevent.h>
#include <napi.h>

#include <memory>
#include <optional>

#include "buffers/ev_buffer.h"
#include "loop/base_child.h"
#include "napi/async_context.h"
#include "napi/js_callback.h"
#include "net/buffer_event_filter.h"
#include "net/buffer_event_limits.h"
#include "net/buffer_event_socket.h"
#include "net/stall_timers.h"

namespace bitcoin_support {

class BufferEventHost;
class HeldWrites;

/// A socket, one of a pair, a filter over another bufferevent, which it owns if JavaScript says so, or a view
/// of the one that a BufferEventHost has.
///
/// libevent counts references to a bufferevent and wipes a freed one only in a later turn of its base. So
/// that nothing depends on when that is, Dispose() closes the descriptor itself and leaves libevent an empty
/// shell: without callbacks, without bytes, without a rate limit.
class BufferEvent final : public BaseChild {
 public:
  static constexpr HandleKind kKind = HandleKind::kBufferEvent;

  enum class Type : uint8_t { kSocket, kPair, kFilter, kView };

  /// A socket. @throws EventError ERR_EV_LIBEVENT
  BufferEvent(EventBase& base, int fd, int options);
  /// A filter over `underlying`. @throws EventError ERR_EV_LIBEVENT
  BufferEvent(BufferEvent& underlying, bool filters_input, bool filters_output, int options);
  /// A view of what `host` reads and writes with.
  BufferEvent(EventBase& base, BufferEventHost& host);
  ~BufferEvent() override;

  /// The first of a pair; the second has no handle until Second() is called.
  static BufferEvent& NewPair(EventBase& base, int options);
  BufferEvent& Second();

  void Dispose() override;

  /// The host of a view may change it between two calls.
  bufferevent* bev() const;
  const AsyncContext& context() const { return m_context; }
  BufferEventLimits& limits() { return m_limits; }
  bool limited() const { return m_limits.any(); }

  /// Call this when the socket got connected, or its rate limit changed. libevent reads and writes by itself
  /// until the socket is connected, and while there is a limit, since it counts only what it moves itself.
  /// Otherwise direct I/O is used.
  void ChooseIo();
  /// Call before a call that may defer callbacks, with its BEV_OPT_* flags.
  void NoteDeferral(int options) { m_may_defer |= (options & BEV_OPT_DEFER_CALLBACKS) != 0; }

  /// The receiver, without giving up HeldWrites.
  static BufferEvent& ThisKeepingHeldWrites(const Napi::CallbackInfo& info);
  /// The receiver. Gives up HeldWrites, so that libevent is in the state that C would see.
  static BufferEvent& This(const Napi::CallbackInfo& info);
  /// This() of a socket. @throws EventError ERR_EV_STATE
  static BufferEventSocket& Socket(const Napi::CallbackInfo& info);
  /// The limits of This(): of a socket or a view of one. @throws EventError ERR_EV_STATE
  static BufferEventLimits& Limits(const Napi::CallbackInfo& info);

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  BufferEvent(EventBase& base, bufferevent* bev, int options);

  void SetCallbacks(int mask);
  void Enable(int what);
  void Disable(int what);
  void SetTimeouts(const std::optional<timeval>& read, const std::optional<timeval>& write);
  void UpdateTimers(short what);
  void SetPriority(int priority);
  void Write(napi_value bytes);
  void EndHeldWrites();
  void CallBack(JsCallback which);
  void CallBackForEvent(short what, int error);
  void Release();
  EvBuffer::Use use() const;

  /// ThisKeepingHeldWrites(), one that is no view. @throws EventError ERR_EV_STATE
  static BufferEvent& OwnKeepingHeldWrites(const Napi::CallbackInfo& info);
  /// This(), one that is no view. @throws EventError ERR_EV_STATE
  static BufferEvent& Own(const Napi::CallbackInfo& info);
  /// This(), a socket or the view of one. @throws EventError ERR_EV_STATE
  static BufferEvent& SocketOrView(const Napi::CallbackInfo& info);

  static void OnRead(bufferevent* bev, void* arg);
  static void OnWrite(bufferevent* bev, void* arg);
  static void OnEvent(bufferevent* bev, short what, void* arg);
  template <short kDirection, short kEvent>
  static void OnStalled(evutil_socket_t fd, short what, void* arg);

  static Napi::Value SocketNewNapi(const Napi::CallbackInfo& info);
  static Napi::Value PairNewNapi(const Napi::CallbackInfo& info);
  static Napi::Value PairSecondNapi(const Napi::CallbackInfo& info);
  static Napi::Value FilterNewNapi(const Napi::CallbackInfo& info);
  static Napi::Value FilterSourceNapi(const Napi::CallbackInfo& info);
  static Napi::Value FilterResultNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetcbNapi(const Napi::CallbackInfo& info);
  static Napi::Value EnableNapi(const Napi::CallbackInfo& info);
  static Napi::Value DisableNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetEnabledNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetDnsErrorNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetInputNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetOutputNapi(const Napi::CallbackInfo& info);
  static Napi::Value WriteNapi(const Napi::CallbackInfo& info);
  static Napi::Value WriteBufferNapi(const Napi::CallbackInfo& info);
  static Napi::Value ReadNapi(const Napi::CallbackInfo& info);
  static Napi::Value TakeNapi(const Napi::CallbackInfo& info);
  static Napi::Value ReadBufferNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetTimeoutsNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetWatermarkNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetWatermarkNapi(const Napi::CallbackInfo& info);
  static Napi::Value TriggerNapi(const Napi::CallbackInfo& info);
  static Napi::Value TriggerEventNapi(const Napi::CallbackInfo& info);
  static Napi::Value FlushNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetFdNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetNoDelayNapi(const Napi::CallbackInfo& info);
  static Napi::Value PrioritySetNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetPriorityNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetMaxSingleNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetMaxSingleNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetMaxToNapi(const Napi::CallbackInfo& info);

  const AsyncContext m_context;
  const Type m_type;
  const bool m_close_on_free;
  bool m_may_defer;  ///< libevent may have a callback of this one in its queue
  /// Which ones JavaScript has set: EV_READ, EV_WRITE, EV_TIMEOUT for the event callback.
  int m_callbacks = 0;
  bufferevent* m_bev = nullptr;
  bufferevent* m_second = nullptr;  ///< of a pair, until it has a handle
  BufferEvent* m_partner = nullptr;
  BufferEvent* m_underlying = nullptr;
  BufferEvent* m_over = nullptr;  ///< the filter over this one
  BufferEventFilter* m_filter = nullptr;
  BufferEventHost* m_host = nullptr;  ///< of a view
  std::optional<BufferEventSocket> m_socket;
  BufferEventLimits m_limits{*this};
  std::unique_ptr<StallTimers> m_timers;  ///< of a pair or a filter, once it has timeouts
  HeldWrites* m_held_writes = nullptr;    ///< while the read callback is on the stack
  BufferView m_input;
  BufferView m_output;
};

}  // namespace bitcoin_support
