#include "net/ev_dns_base.h"

#include <utility>

#include "napi/environment.h"
#include "napi/errors.h"
#include "net/dns_lookup.h"
#include "net/resolver_files.h"

namespace bitcoin_support {

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
  if (MayBeReleased()) base().LookForQuiet();
}

void EvDnsBase::Tell(double key, int result, int type, int ttl, std::vector<std::string> answers) {
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
  // A base that is disposed by who is told of the end goes on until this one has ended.
  if (!std::exchange(m_disposing, true)) EndUses();
  if (!live()) return;
  RetireChild();
  base().Linger(*this);
  base().WhenIdle([this] {
    // Not before: a turn may take so long that all is quiet within it, and what waits here would be too late.
    m_ending = true;
    if (MayBeReleased()) base().LookForQuiet();
  });
}

void EvDnsBase::EndUses() {
  while (!m_users.empty()) {
    BaseChild* const user = m_users.back();
    m_users.pop_back();
    user->Dispose();
  }
  // Who is told may ask for anything but more.
  std::vector<double> keys;
  for (const auto& [key, lookup] : m_lookups) keys.push_back(key);
  for (const double key : keys) {
    const auto lookup = m_lookups.find(key);
    if (lookup != m_lookups.end()) lookup->second->Shutdown();
  }
}

void EvDnsBase::Release() {
  evdns_base_free(m_dns, 0);
  // Only a base that goes leaves some, and then nobody answers them.
  m_ending = false;
  while (!m_lookups.empty()) m_lookups.begin()->second->Forget();
  delete this;
}

}  // namespace bitcoin_support
