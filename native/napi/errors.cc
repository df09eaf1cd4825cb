#include "napi/errors.h"

#include <system_error>

#include "napi/environment.h"

namespace bitcoin_support {
namespace {

Napi::Object MakeEventError(const Environment& env, const char* code, const std::string& message) {
  const Napi::Env napi = env.napi();
  if (!env.configured()) {
    // Somebody has loaded the addon without the library, which brings the class.
    Napi::Error error = Napi::Error::New(napi, message);
    error.Set("code", code);
    return error.Value();
  }
  return env.event_error().New({Napi::String::New(napi, code), Napi::String::New(napi, message)});
}

using CreateError = decltype(napi_create_type_error);

[[noreturn]] void ThrowArgumentError(CreateError create, napi_env env, const char* code,
                                     const std::string& message) {
  napi_value error = nullptr;
  if (create(env, Napi::String::New(env, code), Napi::String::New(env, message), &error) != napi_ok) {
    throw Napi::Error::New(env);
  }
  throw Napi::Error(env, error);
}

}  // namespace

void ThrowTypeError(napi_env env, const std::string& message) {
  ThrowArgumentError(napi_create_type_error, env, "ERR_INVALID_ARG_TYPE", message);
}

void ThrowRangeError(napi_env env, const std::string& message) {
  ThrowArgumentError(napi_create_range_error, env, "ERR_OUT_OF_RANGE", message);
}

void ThrowEventError(const Environment& env, const char* code, const std::string& message) {
  throw Napi::Error(env.napi(), MakeEventError(env, code, message));
}

void ThrowSystemError(const Environment& env, const char* code, const char* syscall, int error,
                      const std::string& what) {
  const std::string reason = std::generic_category().message(error);
  Napi::Object object = MakeEventError(env, code, what + ": " + syscall + " failed: " + reason);
  object.Set("errno", Napi::Number::New(env.napi(), error));
  object.Set("syscall", Napi::String::New(env.napi(), syscall));
  throw Napi::Error(env.napi(), object);
}

void ThrowSystemError(const Environment& env, const char* code, const std::system_error& error) {
  const std::string text = error.what();
  ThrowSystemError(env, code, text.substr(0, text.find(':')).c_str(), error.code().value(),
                   "nothing is left");
}

}  // namespace bitcoin_support
