// Errors as JavaScript sees them: EventError with a code.
#pragma once

#include <napi.h>

#include <string>
#include <system_error>

namespace bitcoin_support {

class Environment;

/// Codes of EventError. Each one is documented in src/native/errors.ts.
namespace code {
inline constexpr char kDisposed[] = "ERR_EV_DISPOSED";
inline constexpr char kHandle[] = "ERR_EV_HANDLE";
inline constexpr char kThread[] = "ERR_EV_THREAD";
inline constexpr char kForked[] = "ERR_EV_FORKED";
inline constexpr char kReentrant[] = "ERR_EV_REENTRANT";
inline constexpr char kState[] = "ERR_EV_STATE";
inline constexpr char kBind[] = "ERR_EV_BIND";
inline constexpr char kConnect[] = "ERR_EV_CONNECT";
inline constexpr char kSignal[] = "ERR_EV_SIGNAL";
inline constexpr char kExists[] = "ERR_EV_EXISTS";
inline constexpr char kNotFound[] = "ERR_EV_NOT_FOUND";
inline constexpr char kParse[] = "ERR_EV_PARSE";
inline constexpr char kLibevent[] = "ERR_EV_LIBEVENT";
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

/// The same with a message of its own, and `errno` as Node has it: below 0.
[[noreturn]] void ThrowNodeError(const Environment& env, const char* code, const char* syscall,
                                 int node_errno, const std::string& message);
/// The same for an error whose text is the system call's name.
[[noreturn]] void ThrowSystemError(const Environment& env, const char* code, const std::system_error& error);

}  // namespace bitcoin_support
