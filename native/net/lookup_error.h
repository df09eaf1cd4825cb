// Why a name has no address.
#pragma once

#include <string>

namespace bitcoin_support {

class Environment;

/// That a nameserver has answered SERVFAIL, beside EVUTIL_EAI_*, which have nothing for it.
constexpr int kEaiServfail = -10002;

/// @param eai EVUTIL_EAI_*, or kEaiServfail
/// @returns what it means, in English
const char* TextOfLookup(int eai);

/// @param eai EVUTIL_EAI_*, kEaiServfail, or getaddrinfo(3)'s
/// @returns the same as Node's errors have it: a number that util.getSystemErrorName() knows
int NodeErrnoOfLookup(int eai);

/// @returns the EVUTIL_EAI_* that is next to it
int EaiOfLookup(int eai);

/// Throws EventError with `syscall` "getaddrinfo" and `errno` as NodeErrnoOfLookup() says.
[[noreturn]] void ThrowLookupError(const Environment& env, const char* code, int eai,
                                   const std::string& what);

}  // namespace bitcoin_support
