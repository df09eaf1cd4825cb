#include "napi/async_context.h"

namespace bitcoin_support {

AsyncContext::AsyncContext(Napi::Env env, const char* name) : m_env(env) {
  if (name == nullptr) return;
  const Napi::HandleScope scope(env);
  if (napi_async_init(env, nullptr, Napi::String::New(env, name), &m_context) != napi_ok) {
    throw Napi::Error::New(env);
  }
}

AsyncContext::~AsyncContext() {
  if (m_context != nullptr) napi_async_destroy(m_env, m_context);
}

}  // namespace bitcoin_support
