// The descriptors of a base's backend: whether there are any left, and which ones it has.
#pragma once

struct event_base;

namespace bitcoin_support {

/// Whether this process can open as many descriptors as a backend takes. libevent ends the process when it
/// cannot open those by which signals reach a base.
struct BackendRoom {
  int error = 0;        ///< why not, an errno; 0 when it can
  int first_free = -1;  ///< the lowest descriptor that was free: what the backend is likely to have
};
BackendRoom LookForBackendRoom();

/// Closes the pair of descriptors by which signals reach `base`, so that libevent knows of it: event_reinit()
/// would close it twice, and by then another thread may have opened something under the same number.
/// Does nothing where the pair is not found.
void CloseSignalPair(event_base* base);

/// Whether `fd` is an epoll instance that has `probe_fd` among its targets, by /proc/self/fdinfo. The event
/// on `probe_fd` must have reached the kernel.
bool IsEpollWatching(int fd, int probe_fd);

/// Finds such an instance among all descriptors of the process.
/// @returns the descriptor, or -1 when there is none (another backend, or no /proc).
int FindEpollWatching(int probe_fd);

}  // namespace bitcoin_support
