// A base on epoll without system calls that change nothing.
#pragma once

struct event_base;

namespace bitcoin_support {

/// Timers: with EVENT_BASE_FLAG_PRECISE_TIMER libevent sets a timerfd before every wait, also when there is
/// nothing to wait for or when the time is hours away. From here on it waits with epoll's own timeout, which
/// counts milliseconds, and sets the timerfd for the last ones alone. Events come as precisely as before.
///
/// Does nothing for another backend, for a base without that flag, and where libevent's struct is not as
/// expected. Call it again after event_reinit().
void UseSparingEpoll(event_base* base);

/// Has the next wait of the base find nothing, without asking epoll, if events are active. For a turn that
/// follows one which has ended by its budget: epoll would report again all that has not had its turn. What
/// has become ready since would come after that. Only for such a base as above, with one priority.
void SpareNextPoll(const event_base* base);

/// Must be called before such a base is freed. @returns whether libevent's timer is set
bool ForgetTimer(const event_base* base);

}  // namespace bitcoin_support
