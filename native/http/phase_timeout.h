// How long one phase of a client's connection may take.
#pragma once

#include <sys/time.h>

#include <cmath>
#include <optional>

#include "napi/arguments.h"

namespace bitcoin_support {

/// libevent's default, a given time, or no limit.
class PhaseTimeout {
 public:
  explicit PhaseTimeout(time_t default_seconds) : m_default{default_seconds, 0}, m_value(m_default) {}

  /// Negative or NaN: libevent's default; infinite: no limit. libevent reads a timeout of 0 as none or as its
  /// default, so 0 becomes the shortest timeout that libevent knows.
  void Set(double ms) {
    if (std::isinf(ms) && ms > 0) {
      m_value.reset();
      return;
    }
    m_value = TimevalFromMs(ms);
    if (!m_value) m_value = m_default;
    if (!timerisset(&*m_value)) m_value->tv_usec = 1;
  }

  const timeval* get() const { return m_value ? &*m_value : nullptr; }

 private:
  const timeval m_default;
  std::optional<timeval> m_value;
};

}  // namespace bitcoin_support
