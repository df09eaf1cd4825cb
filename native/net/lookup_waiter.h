// Who waits in C++ for the addresses of a name.
#pragma once

#include <event2/util.h>

namespace bitcoin_support {

class LookupWaiter {
 public:
  /// The lookup has ended. `result` is 0 or EVUTIL_EAI_*; with 0 there is at least one address.
  virtual void OnLookedUp(int result, const evutil_addrinfo* found) = 0;

 protected:
  ~LookupWaiter() = default;
};

}  // namespace bitcoin_support
