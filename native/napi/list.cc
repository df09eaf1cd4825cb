#include "napi/list.h"

#include <span>

#include "napi/environment.h"
#include "napi/errors.h"

namespace bitcoin_support {
namespace {

// An array may be 2^32 elements long without having one; V8 would run out of room for their handles.
constexpr uint32_t kMaxLength = 1u << 24;

Napi::Array Fill(Napi::Env env, std::span<const napi_value> values) {
  const Napi::Array list = Napi::Array::New(env, values.size());
  uint32_t index = 0;
  for (const napi_value value : values) {
    if (napi_set_element(env, list, index++, value) != napi_ok) throw Napi::Error::New(env);
  }
  return list;
}

}  // namespace

ListArg::ListArg(const Napi::CallbackInfo& info, size_t index) : m_env(info.Env()) {
  if (Environment::From(info).calls().looked_up()) {
    throw Napi::Error::New(m_env, "an array is read after a handle has been looked up");
  }
  const std::string what = "argument " + std::to_string(index);
  if (!info[index].IsArray()) ThrowTypeError(m_env, what + " is no array");
  uint32_t length = 0;
  napi_get_array_length(m_env, info[index], &length);
  if (length > kMaxLength) ThrowRangeError(m_env, what + " is too long");
  m_elements.reserve(length);
  for (uint32_t i = 0; i < length; ++i) {
    napi_value element = nullptr;
    if (napi_get_element(m_env, info[index], i, &element) != napi_ok) throw Napi::Error::New(m_env);
    m_elements.push_back(element);
  }
}

std::vector<std::string> ListArg::Strings() const {
  std::vector<std::string> strings;
  strings.reserve(m_elements.size());
  for (const napi_value element : m_elements) {
    const Napi::Value value(m_env, element);
    if (!value.IsString()) ThrowTypeError(m_env, "an element is no string");
    strings.push_back(value.As<Napi::String>().Utf8Value());
  }
  return strings;
}

Napi::Array NewList(Napi::Env env, const std::vector<napi_value>& values) { return Fill(env, values); }

Napi::Array NewList(Napi::Env env, std::initializer_list<napi_value> values) {
  return Fill(env, {values.begin(), values.size()});
}

}  // namespace bitcoin_support
