// How HTTP field values are read: optional whitespace, lists, and the Connection field.
#pragma once

#include <string_view>

struct evkeyvalq;

namespace bitcoin_support {

/// `value` without the optional whitespace (space and tab) around it: RFC 9110 5.6.3.
std::string_view TrimOws(std::string_view value);

/// TrimOws() for a C string, in place.
void TrimOwsInPlace(char* value);

/// Whether `text` is a decimal number: at least one digit, and nothing else.
bool AllDigits(std::string_view text);

bool EqualsIgnoringCase(std::string_view text, std::string_view other);

/// What a Connection field asks for. It is a list of tokens over all its lines, compared without case: RFC
/// 9112 9.6.
struct ConnectionOptions {
  bool present = false;  ///< there is such a field
  bool close = false;    ///< wins over keep_alive
  bool keep_alive = false;
  bool upgrade = false;

  /// Adds the tokens of one line.
  void AddLine(std::string_view value);
  /// All Connection fields of `headers`.
  static ConnectionOptions Of(const evkeyvalq& headers);
};

}  // namespace bitcoin_support
