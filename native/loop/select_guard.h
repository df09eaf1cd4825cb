// What keeps descriptors from select() that it has no room for.
#pragma once

struct event_base;

namespace bitcoin_support {

/// The descriptor from which on a base's backend can watch none. libevent gives select() sets of any size,
/// but the C library ends the process when it meets a descriptor of FD_SETSIZE or more in one.
///
/// From here on event_add() fails for such descriptors, with errno EMFILE, libevent's own events included.
/// @returns FD_SETSIZE for select, else INT_MAX
int GuardSelect(event_base* base);

}  // namespace bitcoin_support
