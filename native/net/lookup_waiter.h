// The C++ side that waits for the addresses of a name.
#pragma once

#include <event2/util.h>

namespace bitcoin_support {

/// Gets the result of a DnsLookup.
class LookupWaiter {
 public:
  /// The lookup has ended. `result` is 0, EVUTIL_EAI_* or kEaiServfail; with 0 there is at least one address,
  /// which is freed afterwards.
  virtual void OnLookedUp(int result, const evutil_addrinfo* found) = 0;

 protected:
  ~LookupWaiter() = default;
};

}  // namespace bitcoin_support
