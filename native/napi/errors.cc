#include "napi/errors.h"

#include <system_error>

#include "napi/environment.h"

namespace bitcoin_support {
namespace {

// `system`: undefined, or { errno, syscall } as EventError takes them.
Napi::Object MakeEventError(const Environment& env, const char* code, const std::string& message,
                            const Napi::Value& system) {
  const Napi::Env napi = env.napi();
  const Napi::Function event_error = env.error_class(Environment::ErrorClass::kEventError);
  if (event_error.IsEmpty()) {
    // Somebody has loaded the addon without the library, which brings the class.
    Napi::Error error = Napi::Error::New(napi, message);
    error.Set("code", code);
    return error.Value();
  }
  return event_error.New({Napi::String::New(napi, code), Napi::String::New(napi, message), system});
}

using CreateError = decltype(napi_create_type_error);

// The class of the context of the modules whose call it is, which is not always the addon's.
[[noreturn]] void ThrowArgumentError(CreateError create, Environment::ErrorClass which, napi_env env,
                                     const char* code, const std::string& message) {
  if (const Environment* const calling = NativeCalls::Calling()) {
    const Napi::Function error_class = calling->error_class(which);
    if (!error_class.IsEmpty()) {
      Napi::Object error = error_class.New({Napi::String::New(env, message)});
      error.Set("code", code);
      throw Napi::Error(env, error);
    }
  }
  napi_value error = nullptr;
  if (create(env, Napi::String::New(env, code), Napi::String::New(env, message), &error) != napi_ok) {
    throw Napi::Error::New(env);
  }
  throw Napi::Error(env, error);
}

}  // namespace

void ThrowTypeError(napi_env env, const std::string& message) {
  ThrowArgumentError(napi_create_type_error, Environment::ErrorClass::kTypeError, env, "ERR_INVALID_ARG_TYPE",
                     message);
}

void ThrowRangeError(napi_env env, const std::string& message) {
  ThrowArgumentError(napi_create_range_error, Environment::ErrorClass::kRangeError, env, "ERR_OUT_OF_RANGE",
                     message);
}

void ThrowEventError(const Environment& env, const char* code, const std::string& message) {
  throw Napi::Error(env.napi(), MakeEventError(env, code, message, env.napi().Undefined()));
}

void ThrowSystemError(const Environment& env, const char* code, const char* syscall, int error,
                      const std::string& what) {
  std::string message = what + ": " + syscall + " failed";
  // libevent does not always say why, and nothing fails with "Success".
  if (error != 0) message += ": " + std::generic_category().message(error);
  ThrowNodeError(env, code, syscall, -error, message);
}

void ThrowNodeError(const Environment& env, const char* code, const char* syscall, int node_errno,
                    const std::string& message) {
  Napi::Object system = Napi::Object::New(env.napi());
  system.Set("errno", Napi::Number::New(env.napi(), node_errno));
  system.Set("syscall", Napi::String::New(env.napi(), syscall));
  throw Napi::Error(env.napi(), MakeEventError(env, code, message, system));
}

void ThrowSystemError(const Environment& env, const char* code, const std::system_error& error) {
  const std::string text = error.what();
  ThrowSystemError(env, code, text.substr(0, text.find(':')).c_str(), error.code().value(),
                   "nothing is left");
}

}  // namespace bitcoin_support
