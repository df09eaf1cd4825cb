#include "net/dns_lookup.h"

#include <arpa/inet.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <netinet/in.h>

#include <utility>
#include <vector>

#include "libevent/catch_bad_alloc.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "net/dns_journal.h"
#include "net/ev_dns_base.h"
#include "net/lookup_error.h"
#include "net/lookup_waiter.h"

namespace bitcoin_support {
namespace {

std::string TextOf(int family, const void* address) {
  char text[INET6_ADDRSTRLEN];
  return evutil_inet_ntop(family, address, text, sizeof text) != nullptr ? text : "";
}

std::vector<std::string> TextsOf(char type, int count, const void* answers) {
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) {
    if (type == DNS_IPv4_A) {
      texts.push_back(TextOf(AF_INET, static_cast<const in_addr*>(answers) + i));
    } else if (type == DNS_IPv6_AAAA) {
      texts.push_back(TextOf(AF_INET6, static_cast<const in6_addr*>(answers) + i));
    } else {
      texts.emplace_back(static_cast<const char* const*>(answers)[i]);
    }
  }
  return texts;
}

// Family, address and port of each address in turn.
std::vector<std::string> TextsOf(const evutil_addrinfo* found) {
  std::vector<std::string> texts;
  for (; found != nullptr; found = found->ai_next) {
    if (found->ai_family == AF_INET) {
      const auto& in = *reinterpret_cast<const sockaddr_in*>(found->ai_addr);
      texts.insert(texts.end(), {"4", TextOf(AF_INET, &in.sin_addr), std::to_string(ntohs(in.sin_port))});
    } else if (found->ai_family == AF_INET6) {
      const auto& in6 = *reinterpret_cast<const sockaddr_in6*>(found->ai_addr);
      texts.insert(texts.end(),
                   {"6", TextOf(AF_INET6, &in6.sin6_addr), std::to_string(ntohs(in6.sin6_port))});
    }
  }
  return texts;
}

}  // namespace

DnsLookup::DnsLookup(EvDnsBase& dns, LookupWaiter* waiter, double key)
    : m_dns(dns), m_waiter(waiter), m_key(key) {
  m_dns.Add(*this);
}

DnsLookup::~DnsLookup() {
  if (m_ended != nullptr) *m_ended = true;
  DnsJournal::Forget(*this);
  m_dns.Remove(*this);
}

// Calls back at once when no question is needed, as for an address or a name of the hosts file.
DnsLookup::Started DnsLookup::Start(const std::string& host, const std::string& service,
                                    const evutil_addrinfo& hints) {
  EvDnsBase& dns = m_dns;
  bool ended = false;
  m_ended = &ended;
  const DnsJournal::AskingScope asking(*this);
  evdns_getaddrinfo_request* const request =
      evdns_getaddrinfo(dns.dns(), host.c_str(), service.c_str(), &hints, OnAddrInfo, this);
  if (ended) return Started::kEnded;
  m_ended = nullptr;
  m_addrinfo = request;
  if (evdns_base_count_nameservers(dns.dns()) > 0) return Started::kUnderWay;
  Abandon();
  return Started::kNobodyToAsk;
}

DnsLookup* DnsLookup::For(EvDnsBase& dns, const std::string& host, const std::string& service,
                          const evutil_addrinfo& hints, LookupWaiter& waiter) {
  auto* const self = new DnsLookup(dns, &waiter, dns.NextOwnKey());
  const Started started = self->Start(host, service, hints);
  if (started == Started::kNobodyToAsk) dns.ThrowNobodyToAsk();
  return started == Started::kUnderWay ? self : nullptr;
}

DnsLookup* DnsLookup::InLoopFor(EvDnsBase& dns, const std::string& host, const std::string& service,
                                const evutil_addrinfo& hints, LookupWaiter& waiter) {
  auto* const self = new DnsLookup(dns, &waiter, dns.NextOwnKey());
  const Started started = self->Start(host, service, hints);
  if (started == Started::kNobodyToAsk) waiter.OnLookedUp(EVUTIL_EAI_AGAIN, nullptr);
  return started == Started::kUnderWay ? self : nullptr;
}

void DnsLookup::GetAddrInfo(EvDnsBase& dns, const std::string& host, const std::string& service,
                            const evutil_addrinfo& hints, double key) {
  const Started started = (new DnsLookup(dns, nullptr, key))->Start(host, service, hints);
  if (started == Started::kNobodyToAsk) dns.ThrowNobodyToAsk();
}

void DnsLookup::Resolve(EvDnsBase& dns, Question question, const std::string& name, int flags, double key) {
  // libevent would queue the question for ever: it looks at the queue only when an answer comes.
  if (evdns_base_count_nameservers(dns.dns()) == 0) dns.ThrowNobodyToAsk();
  auto* const self = new DnsLookup(dns, nullptr, key);
  const DnsJournal::AskingScope asking(*self);
  // A name that ends with a dot is complete.
  if (name.back() == '.') flags |= DNS_QUERY_NO_SEARCH;
  switch (question) {
    case Question::kIpv4:
      self->m_request = evdns_base_resolve_ipv4(dns.dns(), name.c_str(), flags, OnAnswer, self);
      break;
    case Question::kIpv6:
      self->m_request = evdns_base_resolve_ipv6(dns.dns(), name.c_str(), flags, OnAnswer, self);
      break;
    case Question::kReverse:
      self->m_request = evdns_base_resolve_reverse(dns.dns(), reinterpret_cast<const in_addr*>(name.data()),
                                                   flags, OnAnswer, self);
      break;
    case Question::kReverseIpv6:
      self->m_request = evdns_base_resolve_reverse_ipv6(
          dns.dns(), reinterpret_cast<const in6_addr*>(name.data()), flags, OnAnswer, self);
      break;
  }
  if (self->m_request == nullptr) {
    delete self;
    ThrowEventError(dns.env(), code::kLibevent, "the question cannot be asked: the name is too long");
  }
}

void DnsLookup::Cancel() {
  if (m_request != nullptr) evdns_cancel_request(m_dns.dns(), m_request);
  if (m_addrinfo != nullptr) evdns_getaddrinfo_cancel(m_addrinfo);
}

void DnsLookup::Abandon() {
  m_abandoned = true;
  m_waiter = nullptr;
  Cancel();
}

void DnsLookup::Shutdown() {
  if (m_abandoned) return;
  LookupWaiter* const waiter = m_waiter;
  EvDnsBase& dns = m_dns;
  const double key = m_key;
  const bool question = m_request != nullptr;
  Abandon();
  if (waiter != nullptr) {
    waiter->OnLookedUp(EVUTIL_EAI_FAIL, nullptr);
  } else {
    dns.Report(key, question ? DNS_ERR_SHUTDOWN : EVUTIL_EAI_FAIL, 0, 0, {});
  }
}

void DnsLookup::OnAddrInfo(int result, evutil_addrinfo* found, void* arg) {
  auto* const self = static_cast<DnsLookup*>(arg);
  EvDnsBase& dns = self->m_dns;
  const EventBase::BusyScope busy(dns.base());
  const bool abandoned = self->m_abandoned;
  LookupWaiter* const waiter = self->m_waiter;
  const double key = self->m_key;
  if (result == EVUTIL_EAI_FAIL && self->m_servfail) result = kEaiServfail;
  delete self;
  // libevent reports success without an address when the hosts file has the name for another family only.
  if (result == 0 && found == nullptr) result = EVUTIL_EAI_NODATA;
  if (waiter != nullptr) {
    waiter->OnLookedUp(result, found);
  } else if (!abandoned) {
    std::vector<std::string> texts;
    CatchBadAlloc([&] { texts = TextsOf(found); }, [&] { result = EVUTIL_EAI_MEMORY; });
    dns.Report(key, result, 0, 0, std::move(texts));
  }
  if (found != nullptr) evutil_freeaddrinfo(found);
}

void DnsLookup::OnAnswer(int result, char type, int count, int ttl, void* addresses, void* arg) {
  auto* const self = static_cast<DnsLookup*>(arg);
  EvDnsBase& dns = self->m_dns;
  const EventBase::BusyScope busy(dns.base());
  const bool abandoned = self->m_abandoned;
  const double key = self->m_key;
  if (result == DNS_ERR_TIMEOUT && self->m_servfail) result = DNS_ERR_SERVERFAILED;
  delete self;
  if (abandoned) return;
  std::vector<std::string> texts;
  CatchBadAlloc([&] { texts = TextsOf(type, count, addresses); }, [&] { result = DNS_ERR_UNKNOWN; });
  dns.Report(key, result, type, ttl, std::move(texts));
}

}  // namespace bitcoin_support
