// Whether this process is the one that made its bases.
#pragma once

#include <atomic>
#include <cstdint>

namespace bitcoin_support {

inline std::atomic<uint32_t> g_fork_count{0};

/// How many forks lie between this process and the one that loaded the addon: 0 in that one. Costs a load, no
/// system call. A child that shares its parent's memory until it runs another program (vfork) does not count.
inline uint32_t ForkCount() { return g_fork_count.load(std::memory_order_relaxed); }

/// Counts forks from now on; called once.
void CountForks();

}  // namespace bitcoin_support
