// struct evdns_base behind the EvDnsBase handle.
#pragma once

#include <event2/dns.h>
#include <event2/event.h>
#include <napi.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "loop/base_child.h"

namespace bitcoin_support {

class DnsLookup;

/// Owns one evdns_base.
///
/// libevent puts the callbacks for lookups that are cancelled off to a later turn, and they use the
/// evdns_base even when it has been freed. So after Dispose() the evdns_base lingers on its base until none
/// of them waits:
///
///     kOpen ──Dispose()──▶ kDisposing ──libevent is idle──▶ kLingering ──no lookup is left──▶ kReleased
///
/// In kDisposing the waiters of all lookups are called. When the base is freed, it releases what lingers in
/// whichever state it is.
class EvDnsBase final : public BaseChild, private EventBase::Lingering {
 public:
  static constexpr HandleKind kKind = HandleKind::kEvDnsBase;

  /// @throws EventError ERR_EV_LIBEVENT, when `flags` say so also because the system names no nameserver
  EvDnsBase(EventBase& base, int flags);
  ~EvDnsBase() override;

  void Dispose() override;

  evdns_base* dns() const { return m_dns; }

  /// @returns as evdns_base_resolv_conf_parse()
  int ParseResolvConf(int flags, const std::string& path);
  /// @returns as evdns_base_load_hosts()
  int LoadHosts(const std::string& path);

  void Add(DnsLookup& lookup);
  void Remove(const DnsLookup& lookup);
  /// A key for a lookup that JavaScript does not know.
  double NextOwnKey() { return --m_last_own_key; }
  /// Calls JavaScript with the result of a lookup.
  void Report(double key, int result, int type, int ttl, std::vector<std::string> answers);
  [[noreturn]] void ThrowNobodyToAsk() const;

  /// `user` looks names up here: Dispose() disposes it first.
  void AddUser(BaseChild& user) { m_users.push_back(&user); }
  void RemoveUser(const BaseChild& user) { std::erase(m_users, &user); }

  /// @throws RangeError when libevent cannot look `host` up safely
  static void CheckHost(napi_env env, const std::string& host);

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  enum class State : uint8_t { kOpen, kDisposing, kLingering, kReleased };

  void EndUses();
  bool MayBeReleased() const override { return m_state == State::kLingering && m_lookups.empty(); }
  void Release() override;

  /// @throws EventError ERR_EV_STATE when it is being disposed
  static EvDnsBase& This(const Napi::CallbackInfo& info);

  static Napi::Value NewNapi(const Napi::CallbackInfo& info);
  static Napi::Value NameserverIpAddNapi(const Napi::CallbackInfo& info);
  static Napi::Value ResolvConfParseNapi(const Napi::CallbackInfo& info);
  static Napi::Value LoadHostsNapi(const Napi::CallbackInfo& info);
  static Napi::Value CountNameserversNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetNameserverAddrNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetOptionNapi(const Napi::CallbackInfo& info);
  static Napi::Value SearchAddNapi(const Napi::CallbackInfo& info);
  static Napi::Value SearchClearNapi(const Napi::CallbackInfo& info);
  static Napi::Value SearchNdotsSetNapi(const Napi::CallbackInfo& info);
  static Napi::Value ClearHostAddressesNapi(const Napi::CallbackInfo& info);
  static Napi::Value ResolveNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetAddrInfoNapi(const Napi::CallbackInfo& info);
  static Napi::Value CancelNapi(const Napi::CallbackInfo& info);
  static Napi::Value TakeAnswersNapi(const Napi::CallbackInfo& info);

  evdns_base* m_dns = nullptr;
  std::unordered_map<double, DnsLookup*> m_lookups;
  std::vector<BaseChild*> m_users;
  std::vector<std::string> m_answers;  ///< for TakeAnswersNapi(), during JsCallback::kDnsResult
  double m_last_own_key = 0;
  State m_state = State::kOpen;
};

}  // namespace bitcoin_support
