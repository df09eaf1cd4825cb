#include "loop/common_timeouts.h"

#include <event2/event.h>

#include <algorithm>
#include <cstddef>

namespace bitcoin_support {
namespace {

// libevent has room for 256 in a base and warns of the next.
constexpr size_t kMost = 64;

}  // namespace

bool CommonTimeouts::Knows(const timeval& timeout) const {
  return std::any_of(m_known.begin(), m_known.end(), [&](const timeval& known) {
    return known.tv_sec == timeout.tv_sec && known.tv_usec == timeout.tv_usec;
  });
}

bool CommonTimeouts::Init(const timeval& timeout) {
  if (Knows(timeout)) return true;
  if (m_known.size() == kMost) return false;
  m_known.push_back(timeout);
  return true;
}

timeval CommonTimeouts::Common(event_base* base, const timeval& timeout) {
  if (!Init(timeout)) return timeout;
  const timeval* const common = event_base_init_common_timeout(base, &timeout);
  return common != nullptr ? *common : timeout;
}

timeval CommonTimeouts::CommonIfKnown(event_base* base, const timeval& timeout) {
  return Knows(timeout) ? Common(base, timeout) : timeout;
}

}  // namespace bitcoin_support
