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

/// The reason phrase of a reply that refuses a request by itself.
constexpr const char* ReasonOfRefusal(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Service Unavailable";
  }
}

}  // namespace bitcoin_support
