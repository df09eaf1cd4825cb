// Keeps descriptors from select() that do not fit into its sets.
#pragma once

struct event_base;

namespace bitcoin_support {

/// Finds the lowest descriptor that a base's backend cannot watch. libevent gives select() sets of any size,
/// but the C library ends the process when it meets a descriptor of FD_SETSIZE or more in one.
///
/// From here on event_add() fails for such descriptors, with errno EMFILE, libevent's own events included.
/// @returns FD_SETSIZE for select, else INT_MAX
int GuardSelect(event_base* base);

}  // namespace bitcoin_support
