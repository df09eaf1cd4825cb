// JavaScript strings as the bytes of an HTTP message.
#pragma once

#include <napi.h>

#include <memory>
#include <string_view>

namespace bitcoin_support {

/// C's text as a string, one character a byte; undefined for null.
Napi::Value Latin1OrUndefined(Napi::Env env, const char* text);

/// A header name, header value or reason phrase as Latin-1. It may be a credential, so its memory is
/// wiped when it goes; it is neither copied nor moved.
class HttpText {
 public:
  /// Any field text: no CR, LF or NUL, nothing above U+00FF. `what` names it in errors.
  /// @throws TypeError when it is no string, RangeError when it holds what it must not.
  HttpText(Napi::Env env, napi_value value, const char* what);
  ~HttpText();
  HttpText(const HttpText&) = delete;
  HttpText& operator=(const HttpText&) = delete;

  const char* c_str() const { return m_bytes; }
  std::string_view view() const { return {m_bytes, m_length}; }

 private:
  static constexpr size_t kInline = 128;

  void Narrow(Napi::Env env, char16_t* units, const char* what);

  size_t m_length = 0;
  char m_inline[kInline];
  std::unique_ptr<char[]> m_heap;
  char* m_bytes = m_inline;
};

/// A header name: a token of RFC 9110. @throws as HttpText, and RangeError for anything else.
class HttpHeaderName : public HttpText {
 public:
  HttpHeaderName(Napi::Env env, napi_value value);
};

}  // namespace bitcoin_support
