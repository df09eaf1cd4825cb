// Errors as JavaScript sees them: EventError with a code.
#pragma once

#include <napi.h>

#include <string>
#include <system_error>

namespace bitcoin_support {

class Environment;

/// Codes of EventError: see tables.def.
namespace code {
#define ERROR_CODE(code, text) inline constexpr char code[] = text;
#include "napi/tables.def"
}  // namespace code

/// Throws EventError(code, message).
[[noreturn]] void ThrowEventError(const Environment& env, const char* code, const std::string& message);

/// Throws a TypeError with the code that Node gives to an argument of the wrong type.
[[noreturn]] void ThrowTypeError(napi_env env, const std::string& message);

/// Throws a RangeError with the code that Node gives to an argument out of range.
[[noreturn]] void ThrowRangeError(napi_env env, const std::string& message);

/// Throws EventError with `syscall` and `errno` set, its message ending in strerror(error). With 0 there is
/// no `errno`: the cause is unknown.
[[noreturn]] void ThrowSystemError(const Environment& env, const char* code, const char* syscall, int error,
                                   const std::string& what);

/// Throws EventError with `syscall`, and with `errno` negative, as in Node's errors.
[[noreturn]] void ThrowNodeError(const Environment& env, const char* code, const char* syscall,
                                 int node_errno, const std::string& message);
/// Throws EventError for an error whose text is the system call's name.
[[noreturn]] void ThrowSystemError(const Environment& env, const char* code, const std::system_error& error);

}  // namespace bitcoin_support
