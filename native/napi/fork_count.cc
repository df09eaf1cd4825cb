#include "napi/fork_count.h"

#include "secure/platform.h"

namespace bitcoin_support {

void CountForks() {
  platform::AtFork(nullptr, nullptr, [] { g_fork_count.fetch_add(1, std::memory_order_relaxed); });
}

}  // namespace bitcoin_support
