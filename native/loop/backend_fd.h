// Which descriptor a base waits on: libevent does not tell.
#pragma once

struct event_base;

namespace bitcoin_support {

/// Finds the epoll descriptor that has `probe_fd` among its targets, by /proc/self/fdinfo.
/// The event on `probe_fd` must have reached the kernel.
/// @returns the descriptor, or -1 when there is none (another backend, or no /proc).
int FindEpollWatching(int probe_fd);

}  // namespace bitcoin_support
