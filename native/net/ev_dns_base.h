// struct evdns_base behind the EvDnsBase handle.
#pragma once

#include <event2/dns.h>
#include <event2/event.h>
#include <napi.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "loop/event_base.h"

namespace bitcoin_support {

class DnsLookup;

/// Owns one evdns_base.
///
/// libevent's callbacks for what is under way are put off to a later turn and look at the evdns_base even
/// when it has been freed. So the evdns_base of a handle that has ended lingers on its base until none of
/// them waits.
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
  /// A key that JavaScript gives no lookup.
  double NextOwnKey() { return --m_last_own_key; }
  /// Tells JavaScript what has come of a lookup.
  void Tell(double key, int result, int type, int ttl, std::vector<std::string> answers);
  [[noreturn]] void ThrowNobodyToAsk() const;

  /// `user` looks names up here: Dispose() disposes it first.
  void AddUser(BaseChild& user) { m_users.push_back(&user); }
  void RemoveUser(const BaseChild& user) { std::erase(m_users, &user); }

  /// @throws RangeError when `host` is not to be looked up here
  static void CheckHost(napi_env env, const std::string& host);

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  void EndUses();
  bool MayBeReleased() const override { return m_ending && m_lookups.empty(); }
  void Release() override;

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
  std::vector<std::string> m_answers;  ///< of the lookup that JavaScript is being told of
  double m_last_own_key = 0;
  bool m_disposing = false;
  bool m_ending = false;  ///< libevent is off the stack since it was disposed of
};

}  // namespace bitcoin_support
