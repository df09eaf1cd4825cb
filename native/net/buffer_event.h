// struct bufferevent behind the BufferEvent handle.
#pragma once

#include <event2/bufferevent.h>
#include <napi.h>

#include <memory>
#include <optional>
#include <string>

#include "buffers/ev_buffer.h"
#include "loop/event_base.h"
#include "napi/async_context.h"
#include "napi/js_callback.h"
#include "net/buffer_event_filter.h"
#include "net/lookup_waiter.h"
#include "net/socket_connector.h"
#include "net/stall_timers.h"
#include "net/token_bucket.h"

namespace bitcoin_support {

class DnsLookup;
class BufferEventHost;
class BufferEventRateLimitGroup;
class EvDnsBase;
class HeldWrites;

/// A socket, one of a pair, or a filter over another one, which it owns; or a view of the one that
/// a BufferEventHost has.
///
/// libevent counts references to a bufferevent and wipes a freed one only in a later turn of its base. So
/// that nothing depends on when that is, Dispose() closes the descriptor itself and leaves libevent an empty
/// shell: without callbacks, without bytes, without a rate limit.
class BufferEvent final : public BaseChild, public LookupWaiter, private SocketConnector::Owner {
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

  /// What libevent knows it by. The host of a view may change it between two calls.
  bufferevent* bev() const;

  /// The lookup for ConnectHostname() has ended.
  void OnLookedUp(int result, const evutil_addrinfo* found) override;

  BufferEventRateLimitGroup* group() const { return m_group; }
  bool limited() const { return m_limit != nullptr || m_group != nullptr; }
  /// Joins a group, or leaves the one that it is in. @throws EventError ERR_EV_LIBEVENT
  void SetGroup(BufferEventRateLimitGroup* group);

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  friend class BufferEventFilter;

  BufferEvent(EventBase& base, bufferevent* bev, int options);

  void SetCallbacks(int mask);
  void Enable(int what);
  void Disable(int what);
  void SetTimeouts(const std::optional<timeval>& read, const std::optional<timeval>& write);
  void UpdateTimers(short what);
  void RestWriting();
  void SetFd(int fd);
  void Connect(const sockaddr* address, int length);
  void ConnectTo(const evutil_addrinfo* found);
  void FailToConnect(int error);
  void OnConnected(int fd, const SocketTarget& target) override;
  void OnConnectFailed(const char* syscall, int error) override;
  void CheckConnectsNot() const;
  void ConnectHostname(EvDnsBase* dns, int family, const std::string& host, int port);
  void ConnectHostnameArgs(EvDnsBase* dns, const Napi::CallbackInfo& info, size_t first);
  void SetNoDelay(bool on);
  void ApplyNoDelay();
  void SetPriority(int priority);
  void SetRateLimit(TokenBucket limit);
  void Write(napi_value bytes);
  void WriteSoon();
  void EndHeldWrites();
  void CallBack(JsCallback which);
  void ChooseIo();
  const AsyncContext& context() const { return m_context; }
  void NoteDeferral(int options) { m_may_defer |= (options & BEV_OPT_DEFER_CALLBACKS) != 0; }
  void TellEvent(int what, int error);
  void Release();

  /// Its read callback goes on holding what it writes; the others give that up.
  static BufferEvent& AsItIs(const Napi::CallbackInfo& info);
  static BufferEvent& This(const Napi::CallbackInfo& info);
  /// AsItIs(), one that is no view. @throws EventError ERR_EV_STATE
  static BufferEvent& ToMoveBytes(const Napi::CallbackInfo& info);
  /// One that is no view. @throws EventError ERR_EV_STATE
  static BufferEvent& Own(const Napi::CallbackInfo& info);
  /// A socket. @throws EventError ERR_EV_STATE
  static BufferEvent& Socket(const Napi::CallbackInfo& info);
  /// A socket, or the view of one: what libevent limits. @throws EventError ERR_EV_STATE
  static BufferEvent& Limited(const Napi::CallbackInfo& info);

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
  static Napi::Value ConnectNapi(const Napi::CallbackInfo& info);
  static Napi::Value ConnectUnixNapi(const Napi::CallbackInfo& info);
  static Napi::Value ConnectHostnameNapi(const Napi::CallbackInfo& info);
  static Napi::Value ConnectHostnameDnsNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetDnsErrorNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetInputNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetOutputNapi(const Napi::CallbackInfo& info);
  static Napi::Value WriteNapi(const Napi::CallbackInfo& info);
  static Napi::Value WriteBufferNapi(const Napi::CallbackInfo& info);
  static Napi::Value ReadNapi(const Napi::CallbackInfo& info);
  static Napi::Value ReadBufferNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetTimeoutsNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetWatermarkNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetWatermarkNapi(const Napi::CallbackInfo& info);
  static Napi::Value TriggerNapi(const Napi::CallbackInfo& info);
  static Napi::Value TriggerEventNapi(const Napi::CallbackInfo& info);
  static Napi::Value FlushNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetFdNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetFdNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetNoDelayNapi(const Napi::CallbackInfo& info);
  static Napi::Value PrioritySetNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetPriorityNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetMaxSingleNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetMaxSingleNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetMaxToNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetRateLimitNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetLimitNapi(const Napi::CallbackInfo& info);
  static Napi::Value DecrementLimitNapi(const Napi::CallbackInfo& info);
  static Napi::Value JoinGroupNapi(const Napi::CallbackInfo& info);
  static Napi::Value LeaveGroupNapi(const Napi::CallbackInfo& info);

  static void ExportTransfer(Napi::Env env, Napi::Object exports, Environment& state);
  static void ExportSettings(Napi::Env env, Napi::Object exports, Environment& state);

  const AsyncContext m_context;
  const Type m_type;
  const bool m_close_on_free;
  bool m_connected = false;   ///< a socket whose bytes may be written without asking first
  bool m_connecting = false;  ///< a socket that is waited for until it can be written to
  bool m_no_delay = false;    ///< a socket that sends at once, also the next one that it has
  bool m_may_defer;           ///< libevent may have a callback of this one in its queue
  int m_callbacks =
      0;  ///< which ones JavaScript has set: EV_READ, EV_WRITE, EV_TIMEOUT for the event callback
  int m_dns_error = 0;
  bufferevent* m_bev = nullptr;
  bufferevent* m_second = nullptr;  ///< of a pair: not handed out yet
  BufferEvent* m_partner = nullptr;
  BufferEvent* m_underlying = nullptr;
  BufferEvent* m_over = nullptr;  ///< the filter over this one
  BufferEventFilter* m_filter = nullptr;
  BufferEventHost* m_host = nullptr;  ///< of a view
  DnsLookup* m_lookup = nullptr;
  std::unique_ptr<SocketConnector> m_connector;  ///< while it tries the addresses of a name
  BufferEventRateLimitGroup* m_group = nullptr;
  std::unique_ptr<StallTimers> m_timers;  ///< of what has no socket, once it has timeouts
  HeldWrites* m_held_writes = nullptr;    ///< the read callback is on the stack
  TokenBucket m_limit;
  BufferView m_input;
  BufferView m_output;
};

}  // namespace bitcoin_support
