#include "http/field_value.h"

#include <event2/keyvalq_struct.h>
#include <strings.h>

#include <algorithm>
#include <cstring>

#include "http/http_characters.h"

namespace bitcoin_support {

using http_characters::IsWhite;

std::string_view TrimOws(std::string_view value) {
  while (!value.empty() && IsWhite(value.front())) value.remove_prefix(1);
  while (!value.empty() && IsWhite(value.back())) value.remove_suffix(1);
  return value;
}

void TrimOwsInPlace(char* value) {
  const std::string_view trimmed = TrimOws(value);
  std::memmove(value, trimmed.data(), trimmed.size());
  value[trimmed.size()] = '\0';
}

bool AllDigits(std::string_view text) {
  using http_characters::Is;
  using http_characters::kDigit;
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return Is(c, kDigit); });
}

bool EqualsIgnoringCase(std::string_view text, std::string_view other) {
  return text.size() == other.size() && strncasecmp(text.data(), other.data(), text.size()) == 0;
}

void ConnectionOptions::AddLine(std::string_view value) {
  present = true;
  while (true) {
    const size_t comma = value.find(',');
    const std::string_view token = TrimOws(value.substr(0, comma));
    close |= EqualsIgnoringCase(token, "close");
    keep_alive |= EqualsIgnoringCase(token, "keep-alive");
    upgrade |= EqualsIgnoringCase(token, "upgrade");
    if (comma == std::string_view::npos) return;
    value.remove_prefix(comma + 1);
  }
}

ConnectionOptions ConnectionOptions::Of(const evkeyvalq& headers) {
  ConnectionOptions options;
  for (const evkeyval* header = headers.tqh_first; header != nullptr; header = header->next.tqe_next) {
    if (EqualsIgnoringCase(header->key, "Connection")) options.AddLine(header->value);
  }
  return options;
}

}  // namespace bitcoin_support
