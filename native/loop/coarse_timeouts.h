// Long waits of a base on epoll without a system call for the timer.
#pragma once

struct event_base;

namespace bitcoin_support {

/// With EVENT_BASE_FLAG_PRECISE_TIMER libevent sets a timerfd before every wait, also when there is nothing
/// to wait for or when the time is hours away. From here on it waits with epoll's own timeout, which counts
/// milliseconds, and sets the timerfd for the last ones alone. Events come as precisely as before.
///
/// Does nothing for another backend, for a base without that flag, and where libevent's struct is not as
/// expected. Call it again after event_reinit().
void UseCoarseTimeouts(event_base* base);

/// Must be called before such a base is freed.
void ForgetTimer(const event_base* base);

}  // namespace bitcoin_support
