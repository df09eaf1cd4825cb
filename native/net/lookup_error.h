// Errors of lookups.
#pragma once

#include <string>

namespace bitcoin_support {

class Environment;

/// A nameserver has answered SERVFAIL: libevent has no EVUTIL_EAI_* for that.
constexpr int kEaiServfail = -10002;

/// @param eai EVUTIL_EAI_*, or kEaiServfail
/// @returns a description in English
const char* TextOfLookup(int eai);

/// @param eai EVUTIL_EAI_*, kEaiServfail, or getaddrinfo(3)'s
/// @returns Node's number for the error, which util.getSystemErrorName() knows
int NodeErrnoOfLookup(int eai);

/// @param eai EVUTIL_EAI_*, or kEaiServfail
/// @returns the EVUTIL_EAI_* that comes closest
int EaiOfLookup(int eai);

/// Throws EventError with `syscall` "getaddrinfo" and `errno` as NodeErrnoOfLookup() says.
[[noreturn]] void ThrowLookupError(const Environment& env, const char* code, int eai,
                                   const std::string& what);

}  // namespace bitcoin_support
