// Why a name has no address.
#pragma once

#include <string>

namespace bitcoin_support {

class Environment;

/// @param eai EVUTIL_EAI_*, or getaddrinfo(3)'s
/// @returns the same as Node's errors have it: a number that util.getSystemErrorName() knows
int NodeErrnoOfLookup(int eai);

/// Throws EventError with `syscall` "getaddrinfo" and `errno` as NodeErrnoOfLookup() says.
[[noreturn]] void ThrowLookupError(const Environment& env, const char* code, int eai,
                                   const std::string& what);

}  // namespace bitcoin_support
