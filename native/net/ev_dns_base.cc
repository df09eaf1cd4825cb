#include "net/ev_dns_base.h"

#include <arpa/inet.h>
#include <event2/dns.h>
#include <event2/util.h>
#include <netinet/in.h>

#include <utility>

#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/handle_exports.h"
#include "napi/list.h"
#include "net/dns_lookup.h"
#include "net/lookup_error.h"
#include "net/resolver_file.h"
#include "net/socket_arguments.h"

namespace bitcoin_support {
namespace {

std::string TextArg(const Napi::CallbackInfo& info, size_t index) {
  std::string text = StringArg(info, index);
  if (text.empty() || text.find('\0') != std::string::npos) {
    ThrowRangeError(info.Env(), "argument " + std::to_string(index) + " is empty or has a NUL");
  }
  return text;
}

// (DNS_ERR_*) -> what it means
Napi::Value ErrToStringNapi(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), evdns_err_to_string(IntArg(info, 0)));
}

// (EVUTIL_EAI_*) -> what it means
Napi::Value GaiStrerrorNapi(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), TextOfLookup(IntArg(info, 0)));
}

// (EVUTIL_EAI_*) -> the same as Node's errors have it
Napi::Value GaiErrnoNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), NodeErrnoOfLookup(IntArg(info, 0)));
}

}  // namespace

EvDnsBase::EvDnsBase(EventBase& base, int flags)
    : BaseChild(base, base.env().type_for(kKind), kKind),
      m_dns(evdns_base_new(base.base(), flags & EVDNS_BASE_DISABLE_WHEN_INACTIVE)) {
  const bool reads_files = (flags & EVDNS_BASE_INITIALIZE_NAMESERVERS) != 0;
  const int no_default =
      (flags & EVDNS_BASE_NAMESERVERS_NO_DEFAULT) != 0 ? DNS_OPTION_NAMESERVERS_NO_DEFAULT : 0;
  if (m_dns != nullptr && reads_files &&
      ParseResolvConf(DNS_OPTIONS_ALL | no_default, "/etc/resolv.conf") != 0) {
    evdns_base_free(m_dns, 0);
    m_dns = nullptr;
  }
  if (m_dns == nullptr) {
    ThrowEventError(env(), code::kLibevent,
                    "evdns_base_new failed: /etc/resolv.conf cannot be read, or names no nameserver");
  }
}

EvDnsBase::~EvDnsBase() = default;

int EvDnsBase::ParseResolvConf(int flags, const std::string& path) {
  if ((flags & DNS_OPTION_HOSTSFILE) != 0) LoadHosts("/etc/hosts");
  const ResolverFile file(path, ResolverFile::Kind::kResolvConf);
  return evdns_base_resolv_conf_parse(m_dns, flags & ~DNS_OPTION_HOSTSFILE, file.path().c_str());
}

int EvDnsBase::LoadHosts(const std::string& path) {
  const ResolverFile file(path, ResolverFile::Kind::kHosts);
  return evdns_base_load_hosts(m_dns, file.path().c_str());
}

void EvDnsBase::Add(DnsLookup& lookup) { m_lookups.emplace(lookup.key(), &lookup); }

void EvDnsBase::Remove(const DnsLookup& lookup) {
  m_lookups.erase(lookup.key());
  if (MayBeReleased()) base().ReleaseLingeringSoon();
}

void EvDnsBase::Report(double key, int result, int type, int ttl, std::vector<std::string> answers) {
  if (!live()) return;
  m_answers = std::move(answers);
  env().callbacks().Call(
      base(), JsCallback::kDnsResult,
      {key, static_cast<double>(result), static_cast<double>(type), static_cast<double>(ttl)});
}

void EvDnsBase::ThrowNobodyToAsk() const {
  ThrowEventError(env(), code::kState, "there is no nameserver to ask");
}

void EvDnsBase::Dispose() {
  if (!live()) return;
  const EventBase::BusyScope busy(base());
  if (m_state == State::kOpen) {
    m_state = State::kDisposing;
    EndUses();
  }
  // A waiter of EndUses() may have disposed this, by disposing the base.
  if (!live()) return;
  RetireChild();
  base().Linger(*this);
  base().WhenIdle([this] {
    // Linger only now: an earlier check could miss callbacks deferred to the next turn.
    m_state = State::kLingering;
    if (MayBeReleased()) base().ReleaseLingeringSoon();
  });
}

void EvDnsBase::EndUses() {
  while (!m_users.empty()) {
    BaseChild* const user = m_users.back();
    m_users.pop_back();
    user->Dispose();
  }
  // A waiter may end other lookups, but cannot begin any: see This().
  std::vector<double> keys;
  for (const auto& [key, lookup] : m_lookups) keys.push_back(key);
  for (const double key : keys) {
    const auto lookup = m_lookups.find(key);
    if (lookup != m_lookups.end()) lookup->second->Shutdown();
  }
}

void EvDnsBase::Release() {
  evdns_base_free(m_dns, 0);
  // Some are left only when the base is freed, and then libevent calls back for none of them.
  m_state = State::kReleased;
  while (!m_lookups.empty()) m_lookups.begin()->second->Forget();
  delete this;
}

// For an address with a zone libevent allocates memory with one heap and frees it with another.
void EvDnsBase::CheckHost(napi_env env, const std::string& host) {
  if (host.find('%') != std::string::npos)
    ThrowRangeError(env, "host must have no zone: use socketConnect()");
}

EvDnsBase& EvDnsBase::This(const Napi::CallbackInfo& info) {
  EvDnsBase& self = Environment::From(info).Get<EvDnsBase>(info[0]);
  if (self.m_state != State::kOpen)
    ThrowEventError(self.env(), code::kState, "the resolver is being disposed");
  return self;
}

// (base, flags)
Napi::Value EvDnsBase::NewNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  const int flags = IntArg(info, 1);
  constexpr int kAll = EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE |
                       EVDNS_BASE_NAMESERVERS_NO_DEFAULT;
  if ((flags & ~kAll) != 0) ThrowRangeError(info.Env(), "no such flags");
  if ((flags & EVDNS_BASE_INITIALIZE_NAMESERVERS) != 0) base.CheckRoomForNext("evdns_base_new");
  return Napi::Number::New(info.Env(), (new EvDnsBase(base, flags))->number());
}

// (dns, address with or without a port)
Napi::Value EvDnsBase::NameserverIpAddNapi(const Napi::CallbackInfo& info) {
  EvDnsBase& self = This(info);
  constexpr int kKnown = 3;
  constexpr int kNoAddress = 4;
  // From a socket that cannot be watched evdns would never get an answer, nor a timeout.
  self.base().CheckRoomForNext("evdns_base_nameserver_ip_add");
  const int result = evdns_base_nameserver_ip_add(self.m_dns, TextArg(info, 1).c_str());
  if (result == kKnown) ThrowEventError(self.env(), code::kExists, "the nameserver has been added already");
  if (result == kNoAddress)
    ThrowRangeError(info.Env(), "address must be an IP address, and a port if need be");
  if (result != 0) ThrowEventError(self.env(), code::kLibevent, "evdns_base_nameserver_ip_add failed");
  return info.Env().Undefined();
}

// (dns, DNS_OPTION_*, path)
Napi::Value EvDnsBase::ResolvConfParseNapi(const Napi::CallbackInfo& info) {
  EvDnsBase& self = This(info);
  const int flags = IntArg(info, 1);
  self.base().CheckRoomForNext("evdns_base_resolv_conf_parse");
  const int result = self.ParseResolvConf(flags, TextArg(info, 2));
  constexpr int kDefaultOnly = 6;
  if (result != 0 && result != kDefaultOnly) {
    ThrowEventError(self.env(), code::kLibevent,
                    "evdns_base_resolv_conf_parse failed: the file cannot be read");
  }
  return info.Env().Undefined();
}

// (dns, path)
Napi::Value EvDnsBase::LoadHostsNapi(const Napi::CallbackInfo& info) {
  EvDnsBase& self = This(info);
  if (self.LoadHosts(TextArg(info, 1)) != 0) {
    ThrowEventError(self.env(), code::kLibevent, "evdns_base_load_hosts failed: the file cannot be read");
  }
  return info.Env().Undefined();
}

Napi::Value EvDnsBase::CountNameserversNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), evdns_base_count_nameservers(This(info).m_dns));
}

// (dns, index) -> address with its port; undefined when there is none
Napi::Value EvDnsBase::GetNameserverAddrNapi(const Napi::CallbackInfo& info) {
  EvDnsBase& self = This(info);
  const int index = IntArg(info, 1);
  sockaddr_storage storage{};
  char text[INET6_ADDRSTRLEN];
  if (index < 0 || index >= evdns_base_count_nameservers(self.m_dns) ||
      evdns_base_get_nameserver_addr(self.m_dns, index, reinterpret_cast<sockaddr*>(&storage),
                                     sizeof storage) <= 0) {
    return info.Env().Undefined();
  }
  if (storage.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(storage);
    evutil_inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
    return Napi::String::New(info.Env(),
                             "[" + std::string(text) + "]:" + std::to_string(ntohs(in6.sin6_port)));
  }
  const auto& in = reinterpret_cast<const sockaddr_in&>(storage);
  evutil_inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
  return Napi::String::New(info.Env(), std::string(text) + ":" + std::to_string(ntohs(in.sin_port)));
}

// (dns, name, value)
Napi::Value EvDnsBase::SetOptionNapi(const Napi::CallbackInfo& info) {
  EvDnsBase& self = This(info);
  if (evdns_base_set_option(self.m_dns, TextArg(info, 1).c_str(), TextArg(info, 2).c_str()) != 0) {
    ThrowRangeError(info.Env(), "value is none of the option");
  }
  return info.Env().Undefined();
}

// (dns, domain)
Napi::Value EvDnsBase::SearchAddNapi(const Napi::CallbackInfo& info) {
  evdns_base_search_add(This(info).m_dns, TextArg(info, 1).c_str());
  return info.Env().Undefined();
}

Napi::Value EvDnsBase::SearchClearNapi(const Napi::CallbackInfo& info) {
  evdns_base_search_clear(This(info).m_dns);
  return info.Env().Undefined();
}

// (dns, dots)
Napi::Value EvDnsBase::SearchNdotsSetNapi(const Napi::CallbackInfo& info) {
  EvDnsBase& self = This(info);
  evdns_base_search_ndots_set(self.m_dns, IntArg(info, 1));
  return info.Env().Undefined();
}

Napi::Value EvDnsBase::ClearHostAddressesNapi(const Napi::CallbackInfo& info) {
  evdns_base_clear_host_addresses(This(info).m_dns);
  return info.Env().Undefined();
}

// (dns, question: 0 A, 1 AAAA, 2 PTR, name or address, flags, key > 0)
Napi::Value EvDnsBase::ResolveNapi(const Napi::CallbackInfo& info) {
  EvDnsBase& self = This(info);
  const int question = IntArg(info, 1);
  const std::string name = TextArg(info, 2);
  const int flags = IntArg(info, 3);
  const double key = NumberArg(info, 4);
  if (!(key > 0) || self.m_lookups.contains(key))
    ThrowEventError(self.env(), code::kState, "the key is in use");
  const EventBase::BusyScope busy(self.base());
  if (question == 0 || question == 1) {
    DnsLookup::Resolve(self, question == 0 ? DnsLookup::Question::kIpv4 : DnsLookup::Question::kIpv6, name,
                       flags & DNS_QUERY_NO_SEARCH, key);
    return info.Env().Undefined();
  }
  char bytes[sizeof(in6_addr)];
  if (question == 2 && evutil_inet_pton(AF_INET, name.c_str(), bytes) == 1) {
    DnsLookup::Resolve(self, DnsLookup::Question::kReverse, std::string(bytes, sizeof(in_addr)), 0, key);
  } else if (question == 2 && evutil_inet_pton(AF_INET6, name.c_str(), bytes) == 1) {
    DnsLookup::Resolve(self, DnsLookup::Question::kReverseIpv6, std::string(bytes, sizeof(in6_addr)), 0, key);
  } else {
    ThrowRangeError(info.Env(), "no such question, or no IP address");
  }
  return info.Env().Undefined();
}

// (dns, host, port, 0, 4 or 6, key > 0)
Napi::Value EvDnsBase::GetAddrInfoNapi(const Napi::CallbackInfo& info) {
  EvDnsBase& self = This(info);
  const std::string host = TextArg(info, 1);
  CheckHost(info.Env(), host);
  const uint16_t port = PortArg(info, 2);
  const int family = FamilyArg(info, 3);
  const double key = NumberArg(info, 4);
  if (!(key > 0) || self.m_lookups.contains(key))
    ThrowEventError(self.env(), code::kState, "the key is in use");
  evutil_addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_protocol = IPPROTO_TCP;
  const EventBase::BusyScope busy(self.base());
  DnsLookup::GetAddrInfo(self, host, std::to_string(port), hints, key);
  return info.Env().Undefined();
}

// (dns, key): does nothing when the lookup has ended
Napi::Value EvDnsBase::CancelNapi(const Napi::CallbackInfo& info) {
  EvDnsBase& self = This(info);
  const auto lookup = self.m_lookups.find(NumberArg(info, 1));
  if (lookup != self.m_lookups.end()) lookup->second->Cancel();
  return info.Env().Undefined();
}

// (dns) -> the answers of the lookup whose JsCallback::kDnsResult is running
Napi::Value EvDnsBase::TakeAnswersNapi(const Napi::CallbackInfo& info) {
  EvDnsBase& self = Environment::From(info).Get<EvDnsBase>(info[0]);
  std::vector<napi_value> list;
  for (const std::string& answer : std::exchange(self.m_answers, {})) {
    list.push_back(Napi::String::New(info.Env(), answer));
  }
  return NewList(info.Env(), list);
}

void EvDnsBase::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<NewNapi>(env, exports, "dnsBaseNew", state);
  ExportFunction<NameserverIpAddNapi>(env, exports, "dnsBaseNameserverIpAdd", state);
  ExportFunction<ResolvConfParseNapi>(env, exports, "dnsBaseResolvConfParse", state);
  ExportFunction<LoadHostsNapi>(env, exports, "dnsBaseLoadHosts", state);
  ExportFunction<CountNameserversNapi>(env, exports, "dnsBaseCountNameservers", state);
  ExportFunction<GetNameserverAddrNapi>(env, exports, "dnsBaseGetNameserverAddr", state);
  ExportFunction<SetOptionNapi>(env, exports, "dnsBaseSetOption", state);
  ExportFunction<SearchAddNapi>(env, exports, "dnsBaseSearchAdd", state);
  ExportFunction<SearchClearNapi>(env, exports, "dnsBaseSearchClear", state);
  ExportFunction<SearchNdotsSetNapi>(env, exports, "dnsBaseSearchNdotsSet", state);
  ExportFunction<ClearHostAddressesNapi>(env, exports, "dnsBaseClearHostAddresses", state);
  ExportFunction<ResolveNapi>(env, exports, "dnsBaseResolve", state);
  ExportFunction<GetAddrInfoNapi>(env, exports, "dnsBaseGetAddrInfo", state);
  ExportFunction<CancelNapi>(env, exports, "dnsBaseCancel", state);
  ExportFunction<TakeAnswersNapi>(env, exports, "dnsBaseTakeAnswers", state);
  ExportFunction<ErrToStringNapi>(env, exports, "dnsErrToString", state);
  ExportFunction<GaiStrerrorNapi>(env, exports, "gaiStrerror", state);
  ExportFunction<GaiErrnoNapi>(env, exports, "gaiErrno", state);
}

template void ExportHandleType<EvDnsBase>(Napi::Env, Napi::Object, Environment&);

}  // namespace bitcoin_support
