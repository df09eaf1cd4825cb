#include "http_text.h"

#include <string>
#include <vector>

#include "http_guard.h"
#include "memory_cleanse.h"

namespace bitcoin_support {
namespace {

// UTF-16 code units, wiped when they go.
class Units {
 public:
  explicit Units(size_t count) : m_count(count) {
    if (count > kInline) m_heap.resize(count);
  }
  ~Units() { MemoryCleanse(data(), m_count * sizeof(char16_t)); }
  Units(const Units&) = delete;
  Units& operator=(const Units&) = delete;
  char16_t* data() { return m_heap.empty() ? m_inline : m_heap.data(); }

 private:
  static constexpr size_t kInline = 128;
  const size_t m_count;
  char16_t m_inline[kInline];
  std::vector<char16_t> m_heap;
};

}  // namespace

HttpText::HttpText(Napi::Env env, napi_value value, const char* what) {
  if (napi_get_value_string_utf16(env, value, nullptr, 0, &m_length) != napi_ok) {
    throw Napi::TypeError::New(env, std::string(what) + " must be a string");
  }
  Units units(m_length + 1);
  napi_get_value_string_utf16(env, value, units.data(), m_length + 1, nullptr);
  if (m_length >= kInline) {
    m_heap = std::make_unique<char[]>(m_length + 1);
    m_bytes = m_heap.get();
  }
  for (size_t i = 0; i < m_length; ++i) {
    const char16_t unit = units.data()[i];
    if (unit == u'\r' || unit == u'\n' || unit == u'\0' || unit > 0xff) {
      MemoryCleanse(m_bytes, i);
      throw Napi::RangeError::New(env, std::string(what) + " holds CR, LF, NUL or a character above U+00FF");
    }
    m_bytes[i] = static_cast<char>(unit);
  }
  m_bytes[m_length] = '\0';
}

HttpText::~HttpText() { MemoryCleanse(m_bytes, m_length); }

HttpHeaderName::HttpHeaderName(Napi::Env env, napi_value value) : HttpText(env, value, "header name") {
  if (!IsToken(view())) throw Napi::RangeError::New(env, "header name is not a token");
}

}  // namespace bitcoin_support
