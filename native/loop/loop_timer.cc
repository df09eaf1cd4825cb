#include "loop/loop_timer.h"

#include <unistd.h>

#include <new>

#ifdef __linux__
#include <sys/timerfd.h>
#endif

namespace bitcoin_support {

void LoopTimer::Open() {
  if (m_fd.get() >= 0) return;
#ifdef __linux__
  UniqueFd fd(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (fd.get() >= 0) {
    auto event = std::make_unique<InternalEvent>(m_base, fd.get(), EV_READ | EV_PERSIST, OnExpired, this);
    if (event->Add()) {
      m_event = std::move(event);
      m_fd = std::move(fd);
      return;
    }
  }
#endif
  if (m_event == nullptr) m_event = std::make_unique<InternalEvent>(m_base, -1, 0, OnExpired, this);
}

bool LoopTimer::Set(uint64_t ns) {
  constexpr uint64_t kSecond = 1'000'000'000;
  Open();
#ifdef __linux__
  if (m_fd.get() >= 0) {
    itimerspec after{};
    after.it_value.tv_sec = static_cast<time_t>(ns / kSecond);
    // None at all would disarm it.
    after.it_value.tv_nsec = static_cast<long>(ns == 0 ? 1 : ns % kSecond);
    return timerfd_settime(m_fd.get(), 0, &after, nullptr) == 0;
  }
#endif
  const timeval after{static_cast<time_t>(ns / kSecond), static_cast<suseconds_t>(ns % kSecond / 1000)};
  return m_event->Add(&after);
}

void LoopTimer::Unset() {
#ifdef __linux__
  if (m_fd.get() >= 0) {
    const itimerspec never{};
    timerfd_settime(m_fd.get(), 0, &never, nullptr);
    return;
  }
#endif
  if (m_event != nullptr) m_event->Del();
}

void LoopTimer::OnExpired(evutil_socket_t fd, short what, void* arg) {
  LoopTimer& self = *static_cast<LoopTimer*>(arg);
  uint64_t expirations = 0;
  if (fd >= 0 && read(fd, &expirations, sizeof expirations) < 0) return;  // it has been set anew since
  self.m_callback(fd, what, self.m_arg);
}

}  // namespace bitcoin_support
