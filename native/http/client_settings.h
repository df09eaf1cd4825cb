// The settings of a client's connection. Each new evhttp_connection gets them.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "http/phase_timeout.h"

namespace bitcoin_support {

class EvDnsBase;

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
