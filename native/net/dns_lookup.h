// One question to the DNS, or a lookup that may need several.
#pragma once

#include <event2/dns.h>
#include <event2/util.h>

#include <cstdint>
#include <string>

namespace bitcoin_support {

class EvDnsBase;
class LookupWaiter;

/// Lives from the question until libevent's callback for it, which always comes, even when the LookupWaiter
/// or the JavaScript that asked is gone by then.
class DnsLookup {
 public:
  enum class Question : uint8_t { kIpv4, kIpv6, kReverse, kReverseIpv6 };

  /// Looks a name up and calls `waiter.OnLookedUp()`, perhaps before it returns.
  /// @returns the lookup, or null when it has ended already
  /// @throws EventError ERR_EV_STATE when there is no nameserver
  static DnsLookup* For(EvDnsBase& dns, const std::string& host, const std::string& service,
                        const evutil_addrinfo& hints, LookupWaiter& waiter);
  /// Looks a name up and throws nothing: without a nameserver the waiter gets EVUTIL_EAI_AGAIN.
  static DnsLookup* InLoopFor(EvDnsBase& dns, const std::string& host, const std::string& service,
                              const evutil_addrinfo& hints, LookupWaiter& waiter);
  /// Looks a name up for JavaScript, which knows the lookup by `key`.
  static void GetAddrInfo(EvDnsBase& dns, const std::string& host, const std::string& service,
                          const evutil_addrinfo& hints, double key);
  /// Asks one question for JavaScript. For the reverse ones `name` is the address's bytes.
  static void Resolve(EvDnsBase& dns, Question question, const std::string& name, int flags, double key);

  DnsLookup(const DnsLookup&) = delete;
  DnsLookup& operator=(const DnsLookup&) = delete;

  double key() const { return m_key; }
  /// Cancels it in libevent, which then calls back in a later turn.
  void Cancel();
  /// Cancels a lookup whose result nobody waits for.
  void Abandon();
  /// Its EvDnsBase is being disposed: reports that at once, and then ignores the result.
  void Shutdown();
  /// A nameserver has answered SERVFAIL. Another one may still answer.
  void NoteServfail() { m_servfail = true; }
  /// libevent will not call back for it any more.
  void Forget() { delete this; }

 private:
  enum class Started : uint8_t { kUnderWay, kEnded, kNobodyToAsk };

  DnsLookup(EvDnsBase& dns, LookupWaiter* waiter, double key);
  ~DnsLookup();

  Started Start(const std::string& host, const std::string& service, const evutil_addrinfo& hints);

  static void OnAddrInfo(int result, evutil_addrinfo* found, void* arg);
  static void OnAnswer(int result, char type, int count, int ttl, void* addresses, void* arg);

  EvDnsBase& m_dns;
  LookupWaiter* m_waiter;
  const double m_key;
  evdns_request* m_request = nullptr;
  evdns_getaddrinfo_request* m_addrinfo = nullptr;
  bool m_abandoned = false;
  bool m_servfail = false;
  bool* m_ended = nullptr;  ///< set in the destructor, for Start()
};

}  // namespace bitcoin_support
