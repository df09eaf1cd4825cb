#include "loop/dispatch.h"

#include "loop/turn_events.h"

namespace bitcoin_support {

Dispatch::Dispatch() = default;
Dispatch::~Dispatch() = default;

void Dispatch::ForgetBackend(int likely_fd) {
  m_backend_fd = -1;
  m_likely_backend_fd = likely_fd;
}

}  // namespace bitcoin_support
