// The bytes that JavaScript gives to be written.
#pragma once

#include <napi.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace bitcoin_support {

/// Knows how many they are before they are copied to their place. Lives no longer than the native call, in
/// which JavaScript must not run after it was made.
class ByteSource {
 public:
  /// A string (as UTF-8), a Uint8Array, or undefined for none. @throws TypeError for anything else.
  ByteSource(Napi::Env env, napi_value value);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  size_t size() const { return m_size; }
  bool is_text() const { return m_is_text; }
  /// Its bytes where they lie; nothing for a long string.
  std::optional<std::string_view> view() const {
    if (m_long_string != nullptr) return std::nullopt;
    return std::string_view(static_cast<const char*>(m_bytes), m_size);
  }
  /// Writes size() bytes, and one more that is of no meaning: there must be room for it.
  void CopyTo(char* target) const;
  /// Keeps the memory behind view() for longer than the native call: see HoldArrayBuffer(). @returns null
  /// when that is not possible, as for a string
  std::shared_ptr<const void> Hold() const;

 private:
  const Napi::Env m_env;
  napi_value m_long_string = nullptr;
  bool m_is_ascii = false;        // the long string
  napi_value m_buffer = nullptr;  // what a view shows a part of
  const void* m_bytes = nullptr;
  size_t m_size = 0;
  bool m_is_text = false;
  std::array<char, 1024> m_short_string;
};

}  // namespace bitcoin_support
