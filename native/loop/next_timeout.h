// When a base has its next timeout.
#pragma once

struct event_base;

namespace bitcoin_support {

/// @returns milliseconds until the earliest timeout of any event of `base`, rounded up; 0 when one is
/// due or an event is active; -1 when there is none. `precise` says which clock the base reads.
/// Reads every event: O(number of events).
int NextTimeoutMs(event_base* base, bool precise);

}  // namespace bitcoin_support
