// What the status of a reply says about the message.
#pragma once

#include "http/http_method.h"

namespace bitcoin_support {

inline constexpr int kSwitchingProtocols = 101;
inline constexpr int kNoContent = 204;
inline constexpr int kResetContent = 205;
inline constexpr int kNotModified = 304;

/// Whether a reply of this status can have a body: RFC 9112 6.3.
constexpr bool StatusHasBody(int status) {
  return status >= 200 && status != kNoContent && status != kNotModified;
}

/// Whether a reply of this status to a request of this method, EVHTTP_REQ_*, has a body for libevent: as
/// evhttp_response_needs_body().
constexpr bool MayHaveBody(unsigned command, int status) {
  return StatusHasBody(status) && command != MethodNamed("HEAD") && command != MethodNamed("CONNECT");
}

}  // namespace bitcoin_support
