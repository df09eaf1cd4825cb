#include "http/http_header_block.h"

#include <array>
#include <cstring>
#include <memory>
#include <new>

#include "http/http_characters.h"
#include "napi/errors.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

/// The string's characters, which may be a credential, and after them a NUL.
class Units {
 public:
  Units(Napi::Env env, napi_value value) {
    if (napi_get_value_string_utf16(env, value, m_inline.data(), m_inline.size(), &m_length) != napi_ok) {
      ThrowTypeError(env, "headers must be a string");
    }
    // What fills the buffer may have been cut off.
    if (m_length + 1 < m_inline.size()) return;
    napi_get_value_string_utf16(env, value, nullptr, 0, &m_length);
    m_heap = std::make_unique<char16_t[]>(m_length + 1);
    napi_get_value_string_utf16(env, value, m_heap.get(), m_length + 1, nullptr);
  }
  ~Units() {
    if (m_heap != nullptr) MemoryCleanse(m_heap.get(), m_length * sizeof(char16_t));
    MemoryCleanse(m_inline.data(), (m_heap != nullptr ? m_inline.size() : m_length) * sizeof(char16_t));
  }
  Units(const Units&) = delete;
  Units& operator=(const Units&) = delete;

  size_t length() const { return m_length; }
  /// Makes bytes of them, in place. @returns null when one is none
  char* Narrow() {
    char16_t* const units = m_heap != nullptr ? m_heap.get() : m_inline.data();
    char* const bytes = reinterpret_cast<char*>(units);
    for (size_t i = 0; i < m_length; ++i) {
      const char16_t unit = units[i];
      if (unit > 0xff) return nullptr;
      bytes[i] = static_cast<char>(unit);
    }
    bytes[m_length] = '\0';
    return bytes;
  }

 private:
  size_t m_length = 0;
  std::unique_ptr<char16_t[]> m_heap;
  std::array<char16_t, 512> m_inline;
};

}  // namespace

void AddHeaderBlock(Napi::Env env, napi_value value, HeaderList& headers) {
  Units units(env, value);
  const char* const bytes = units.Narrow();
  if (bytes == nullptr) ThrowRangeError(env, "header value holds a character above U+00FF");
  const char* const end = bytes + units.length();
  for (const char* name = bytes; name < end;) {
    const char* const content = name + std::strlen(name) + 1;
    if (!http_characters::IsToken(name) || content > end) ThrowRangeError(env, "header name is not a token");
    if (std::strpbrk(content, "\r\n") != nullptr) ThrowRangeError(env, "header value holds CR or LF");
    if (!headers.Add(name, content)) throw std::bad_alloc();
    name = content + std::strlen(content) + 1;
  }
}

}  // namespace bitcoin_support
