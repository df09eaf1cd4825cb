#include "net/dns_journal.h"

#include <event2/dns.h>
#include <event2/event.h>

#include <cstdlib>
#include <mutex>
#include <new>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "libevent/log_relay.h"
#include "libevent/per_thread.h"
#include "net/dns_lookup.h"

namespace bitcoin_support {
namespace {

using Question = unsigned long long;

/// What the last message says about the next one.
enum class Announced {
  kNothing,
  kServfail,    ///< the question that times out was answered with SERVFAIL
  kNextDomain,  ///< the question that ends is asked again with another domain
};

// A base and its resolvers are used by one thread.
thread_local PerThread<std::unordered_map<Question, DnsLookup*>> t_lookups;
thread_local DnsJournal::AskingScope* t_scope = nullptr;
thread_local DnsLookup* t_moving = nullptr;  // the next question belongs to it
thread_local Announced t_announced = Announced::kNothing;

bool IsDebug(std::string_view text) {
  return !text.starts_with("Nameserver ") && !text.starts_with("All nameservers");
}

// @returns the question whose address follows `before`; 0 when the message begins with anything else
Question QuestionIn(const char* text, std::string_view before) {
  return std::string_view(text).starts_with(before) ? std::strtoull(text + before.size(), nullptr, 16) : 0;
}

DnsLookup* LookupOf(Question question) {
  const auto found = t_lookups->find(question);
  return found != t_lookups->end() ? found->second : nullptr;
}

}  // namespace

void DnsJournal::NoteMessage(const char* text) {
  const std::string_view message = text;
  const Announced announced = std::exchange(t_announced, Announced::kNothing);
  DnsLookup* const moving = std::exchange(t_moving, nullptr);
  if (const Question sent = QuestionIn(text, "Setting timeout for request ")) {
    DnsLookup* const lookup = t_scope != nullptr ? t_scope->m_lookup : moving;
    if (lookup != nullptr) t_lookups->insert_or_assign(sent, lookup);
  } else if (const Question late = QuestionIn(text, "Request ")) {
    DnsLookup* const lookup = LookupOf(late);
    if (announced == Announced::kServfail && lookup != nullptr) lookup->NoteServfail();
  } else if (const Question ended = QuestionIn(text, "Removing timeout for request ")) {
    if (announced == Announced::kNextDomain) t_moving = LookupOf(ended);
    t_lookups->erase(ended);
  } else if (message.starts_with("Search: ")) {
    t_announced = Announced::kNextDomain;
  } else if (message.starts_with("Got a SERVERFAILED ")) {
    t_announced = Announced::kServfail;
  }
}

void DnsJournal::Install() {
  static std::once_flag once;
  std::call_once(once, [] { evdns_set_log_fn(OnLog); });
}

void DnsJournal::OnLog(int is_warning, const char* text) {
  const bool debug = is_warning == 0 && IsDebug(text);
  try {
    if (debug) NoteMessage(text);
  } catch (const std::bad_alloc&) {
    // Exceptions must not reach libevent. Only the reason of a failure is lost.
  }
  if (debug && !LogRelay::debug()) return;
  LogRelay::OnLog(is_warning != 0 ? EVENT_LOG_WARN : debug ? EVENT_LOG_DEBUG : EVENT_LOG_MSG, text);
}

DnsJournal::AskingScope::AskingScope(DnsLookup& lookup)
    : m_lookup(&lookup), m_outer(std::exchange(t_scope, this)) {}

DnsJournal::AskingScope::~AskingScope() { t_scope = m_outer; }

void DnsJournal::Forget(const DnsLookup& lookup) {
  if (auto* const lookups = t_lookups.get()) {
    std::erase_if(*lookups, [&](const auto& each) { return each.second == &lookup; });
  }
  if (t_moving == &lookup) t_moving = nullptr;
  for (AskingScope* scope = t_scope; scope != nullptr; scope = scope->m_outer) {
    if (scope->m_lookup == &lookup) scope->m_lookup = nullptr;
  }
}

}  // namespace bitcoin_support
