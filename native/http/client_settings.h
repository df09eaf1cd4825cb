// The settings of a client's connection. Each new evhttp_connection gets them.
#pragma once

#include <sys/socket.h>
#include <sys/time.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "napi/arguments.h"

namespace bitcoin_support {

class EvDnsBase;

/// How long one phase of a connection may take: libevent's default, a given time, or without a limit.
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

struct ClientSettings {
  std::string host;
  EvDnsBase* dns = nullptr;  ///< looks the host up; null: getaddrinfo() does. It outlives the connection
  uint16_t port = 0;
  std::string unix_path;  ///< of a UNIX socket, instead of the host
  int fd = -1;            ///< a connected descriptor, instead of both, until it is used
  int family = AF_UNSPEC;
  std::string local_address;
  uint16_t local_port = 0;
  int flags = 0;
  PhaseTimeout connect_timeout{45};
  PhaseTimeout read_timeout{50};
  PhaseTimeout write_timeout{50};
  int retries = 0;  ///< negative: for ever
  double retry_pause_ms = 2000;
  std::optional<ptrdiff_t> max_headers;
  std::optional<ptrdiff_t> max_body;
};

}  // namespace bitcoin_support
