// The methods of requests.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <string_view>

struct evhttp_request;

namespace bitcoin_support {

/// Their names; index i is libevent's bit 1 << i, EVHTTP_REQ_*.
inline constexpr std::array<std::string_view, 9> kHttpMethods = {
    "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH"};

/// The name of an EVHTTP_REQ_*; empty for any other number.
constexpr std::string_view NameOfMethod(unsigned command) {
  const auto index = static_cast<size_t>(std::countr_zero(command));
  return index < kHttpMethods.size() ? kHttpMethods[index] : std::string_view();
}

/// The EVHTTP_REQ_* of a name; 0 for a method that libevent does not know.
constexpr unsigned MethodNamed(std::string_view name) {
  for (size_t i = 0; i < kHttpMethods.size(); ++i) {
    if (name == kHttpMethods[i]) return 1u << i;
  }
  return 0;
}

/// The request's method as a bit, `EVHTTP_REQ_*`. A method that libevent does not know is a bit
/// outside its enumeration, which C++ must not read as a value of that type.
unsigned CommandOf(const evhttp_request* request);

/// Whether libevent reads the body of a request. It reads none for these methods, whatever the headers say:
/// it would read the body as the next request.
constexpr bool LibeventReadsBody(unsigned command) {
  return command != MethodNamed("HEAD") && command != MethodNamed("TRACE");
}

}  // namespace bitcoin_support
