// Which bytes may stand where in an HTTP message.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bitcoin_support::http_characters {

// Bits of kClasses.
inline constexpr uint8_t kToken = 1;
inline constexpr uint8_t kTargetByte = 2;
inline constexpr uint8_t kText = 4;  // of a header's value, or of a chunk's extension
inline constexpr uint8_t kHostByte = 8;
inline constexpr uint8_t kDigit = 16;

constexpr bool Within(unsigned char c, char first, char last) { return c >= first && c <= last; }

inline constexpr std::array<uint8_t, 256> kClasses = [] {
  std::array<uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const auto byte = static_cast<unsigned char>(c);
    const bool digit = Within(byte, '0', '9');
    const bool alphanumeric = digit || Within(byte, 'a', 'z') || Within(byte, 'A', 'Z');
    const bool in_token =
        alphanumeric || (c < 128 && c != 0 && std::string_view("!#$%&'*+-.^_`|~").find(char(c)) < 15);
    const bool in_host =
        alphanumeric || (c < 128 && c != 0 && std::string_view("-._~!$&'()*+,;=%:[]").find(char(c)) < 19);
    if (in_token) classes[c] |= kToken;
    if (c > 0x20 && c != 0x7f) classes[c] |= kTargetByte;
    if ((c >= 0x20 && c != 0x7f) || c == '\t') classes[c] |= kText;
    if (in_host) classes[c] |= kHostByte;
    if (digit) classes[c] |= kDigit;
  }
  return classes;
}();

inline bool Is(char c, uint8_t classes) { return (kClasses[static_cast<unsigned char>(c)] & classes) != 0; }

/// Whether `c` is optional white space: RFC 9110 5.6.3.
inline bool IsWhite(char c) { return c == ' ' || c == '\t'; }

/// RFC 9110's token: what a header name must be.
inline bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return Is(c, kToken); });
}

/// Where reading from `p` must stop when there is room for `room` bytes.
inline const char* EndOfRoom(const char* p, const char* end, size_t room) {
  return p + std::min(static_cast<size_t>(end - p), room);
}

}  // namespace bitcoin_support::http_characters
