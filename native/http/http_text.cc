#include "http/http_text.h"

#include <string>

#include "http/http_characters.h"
#include "napi/errors.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {

Napi::Value Latin1OrUndefined(Napi::Env env, const char* text) {
  if (text == nullptr) return env.Undefined();
  napi_value value;
  if (napi_create_string_latin1(env, text, NAPI_AUTO_LENGTH, &value) != napi_ok) throw Napi::Error::New(env);
  return Napi::Value(env, value);
}

HttpText::HttpText(Napi::Env env, napi_value value, const char* what) {
  // One call serves nearly all: what fills the buffer may have been cut off.
  char16_t units[kInline];
  if (napi_get_value_string_utf16(env, value, units, kInline, &m_length) != napi_ok) {
    ThrowTypeError(env, std::string(what) + " must be a string");
  }
  if (m_length < kInline - 1) {
    Narrow(env, units, what);
  } else {
    napi_get_value_string_utf16(env, value, nullptr, 0, &m_length);
    const auto all = std::make_unique<char16_t[]>(m_length + 1);
    napi_get_value_string_utf16(env, value, all.get(), m_length + 1, nullptr);
    m_heap = std::make_unique<char[]>(m_length + 1);
    m_bytes = m_heap.get();
    MemoryCleanse(units, sizeof units);
    Narrow(env, all.get(), what);
  }
}

// Wipes `units`, whatever comes of it.
void HttpText::Narrow(Napi::Env env, char16_t* units, const char* what) {
  char16_t all = 0;
  bool forbidden = false;
  for (size_t i = 0; i < m_length; ++i) {
    const char16_t unit = units[i];
    all |= unit;
    forbidden |= unit == u'\r' || unit == u'\n' || unit == u'\0';
    m_bytes[i] = static_cast<char>(unit);
  }
  m_bytes[m_length] = '\0';
  MemoryCleanse(units, m_length * sizeof(char16_t));
  if (forbidden || all > 0xff) {
    MemoryCleanse(m_bytes, m_length);
    ThrowRangeError(env, std::string(what) + " holds CR, LF, NUL or a character above U+00FF");
  }
}

HttpText::~HttpText() { MemoryCleanse(m_bytes, m_length); }

HttpHeaderName::HttpHeaderName(Napi::Env env, napi_value value) : HttpText(env, value, "header name") {
  if (!http_characters::IsToken(view())) ThrowRangeError(env, "header name is not a token");
}

}  // namespace bitcoin_support
