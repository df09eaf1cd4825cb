#include "napi/byte_source.h"

#include <cstring>

#include "napi/array_buffer_memory.h"
#include "napi/byte_span.h"
#include "napi/errors.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {

ByteSource::ByteSource(Napi::Env env, napi_value value) : m_env(env) {
  // What fills the buffer may have been cut off; a character is up to four bytes long.
  constexpr size_t kFull = std::tuple_size_v<decltype(m_short_string)> - 4;
  // Without a place to copy to, V8 only says how many characters a string has.
  size_t characters = 0;
  if (napi_get_value_string_latin1(env, value, nullptr, 0, &characters) == napi_ok) {
    m_is_text = true;
    if (characters < kFull) {
      napi_get_value_string_utf8(env, value, m_short_string.data(), m_short_string.size(), &m_size);
      if (m_size < kFull) {
        m_bytes = m_short_string.data();
        return;
      }
      MemoryCleanse(m_short_string.data(), m_short_string.size());
    }
    napi_get_value_string_utf8(env, value, nullptr, 0, &m_size);
    m_long_string = value;
    // Every other character has more bytes.
    m_is_ascii = m_size == characters;
    return;
  }
  m_size = 0;
  napi_valuetype type{};
  napi_typeof(env, value, &type);
  if (type == napi_undefined) return;
  napi_typedarray_type element{};
  bool is_typed_array = false;
  napi_is_typedarray(env, value, &is_typed_array);
  if (!is_typed_array ||
      napi_get_typedarray_info(env, value, &element, nullptr, nullptr, &m_buffer, nullptr) != napi_ok ||
      (element != napi_uint8_array && element != napi_uint8_clamped_array)) {
    ThrowTypeError(env, "a body must be a string or a Uint8Array");
  }
  const ByteSpan span = ByteSpan::Of(env, value);
  m_bytes = span.data;
  m_size = span.size;
}

ByteSource::~ByteSource() {
  if (m_bytes == m_short_string.data()) MemoryCleanse(m_short_string.data(), m_size);
}

void ByteSource::CopyTo(char* target) const {
  if (m_is_ascii) {
    // V8 copies it as it lies, and for UTF-8 character by character.
    napi_get_value_string_latin1(m_env, m_long_string, target, m_size + 1, nullptr);
  } else if (m_long_string != nullptr) {
    napi_get_value_string_utf8(m_env, m_long_string, target, m_size + 1, nullptr);
  } else if (m_size > 0) {
    std::memcpy(target, m_bytes, m_size);
  }
}

std::shared_ptr<const void> ByteSource::Hold() const {
  return m_buffer == nullptr ? nullptr : HoldArrayBuffer(m_env, m_buffer);
}

}  // namespace bitcoin_support
