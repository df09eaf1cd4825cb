// The field lines of an HTTP/1.x head, read as RFC 9112 writes them and no other way.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace bitcoin_support {

/// Reads the lines between a message's first line and its body, in a request as in a reply. It checks that
/// Content-Length and Transfer-Encoding leave no doubt about the length of the body.
///
/// It copies a name only when that comes in several pieces, and a value only when somebody needs it. So it
/// can be given the bytes in any pieces.
class HttpHeadReader {
 public:
  enum class Step : uint8_t {
    kMore,     ///< all bytes were used
    kField,    ///< kept() says which field's value() has come
    kEnd,      ///< the head ends with the last byte that was used
    kRefused,  ///< fault() says why; the reader takes no more
  };
  struct Result {
    Step step;
    size_t used;
  };

  enum class Fault : uint8_t {
    kNone,
    kTooLong,         ///< the head is longer than allowed
    kLineEnd,         ///< a line does not end in CR LF
    kHeadEnd,         ///< the empty line does not end in CR LF
    kName,            ///< a name is no token
    kValue,           ///< a value has a control character
    kValueTooLong,    ///< a value that must be kept has no room
    kLengthTwice,     ///< the head says more than once how long the body is
    kLengthNoNumber,  ///< the Content-Length is no decimal number
    kLengthTooLarge,  ///< the Content-Length has too many digits
    kOldEncoding,     ///< HTTP/1.0 knows no Transfer-Encoding
    kEncoding,        ///< the Transfer-Encoding is not chunked
  };

  /// Whether a line that begins with white space continues the one before: RFC 9112 5.2.
  enum class Folding : uint8_t { kRefused, kAllowed };

  /// @param kept the lower-case names, of fewer than 32 bytes, of fields whose values are wanted
  /// @param max_value of a value that is stored; at most kMaxValue bytes
  HttpHeadReader(Folding folding, std::span<const std::string_view> kept, size_t max_value)
      : m_folds(folding == Folding::kAllowed), m_kept_names(kept), m_max_value(max_value) {
    for (const std::string_view name : kept) m_kept_sizes |= 1u << name.size();
  }
  static constexpr size_t kMaxValue = 272;

  /// Begins behind the first line of a message of HTTP/1.`minor`. @param room for all lines without their
  /// ends
  void Begin(size_t room, int minor);

  /// Reads from `data` up to where the next step begins. Call again with what was not used.
  Result Feed(const char* data, size_t size);

  /// The index of the field's name among those that are kept.
  size_t kept() const { return m_kept; }
  /// Without the white space around it; valid until the next call of Feed().
  std::string_view value() const { return m_value; }

  Fault fault() const { return m_fault; }

  // --- at the end of the head -----------------------------------------------------------------------
  bool chunked() const { return m_chunked; }
  bool has_content_length() const { return m_has_length; }
  uint64_t content_length() const { return m_content_length; }
  /// Where the hyphen is in the name of the last field that says how long the body is, counted from Begin().
  size_t framing_hyphen() const { return m_framing_hyphen; }
  /// Whether a tab is in front of some value.
  bool tabs() const { return m_tabs; }

 private:
  //                        '\r'                '\n'
  //            kLineStart ------> kHeadEnd -----------> (end)
  //             |      ^
  //   any other |      | '\n'
  //             v      |      '\r'
  //           kName   kLineEnd <------ kValue
  //             | ':'                    ^  | folded line: back from kLineStart
  //             +-----> kValueStart -----+  v
  enum class State : uint8_t { kLineStart, kName, kValueStart, kValue, kLineEnd, kHeadEnd, kRefused };
  enum class Field : uint8_t { kNone, kOther, kKept, kContentLength, kTransferEncoding };

  const char* Read(const char* p, const char* end);
  const char* BeginLine(const char* p, const char* end);
  const char* ReadName(const char* p, const char* end);
  const char* ReadValue(const char* p, const char* end);
  Field FieldNamed(std::string_view name);
  void EndValue();
  void TakeContentLength(std::string_view value);
  void TakeTransferEncoding(std::string_view value);
  void Refuse(Fault fault);

  const bool m_folds;
  const std::span<const std::string_view> m_kept_names;
  uint32_t m_kept_sizes = 0;  // bit i: some of them has i bytes
  const size_t m_max_value;
  State m_state = State::kRefused;
  Step m_step = Step::kMore;  // Feed() stops at any other
  Field m_field = Field::kNone;
  Fault m_fault = Fault::kNone;
  bool m_has_length = false;
  bool m_chunked = false;
  bool m_tabs = false;
  int m_minor = 0;
  size_t m_room = 0;
  size_t m_read = 0;              // between Begin() and m_piece
  const char* m_piece = nullptr;  // what Feed() is reading
  size_t m_framing_hyphen = 0;
  uint64_t m_content_length = 0;
  size_t m_kept = 0;
  std::string_view m_value;
  size_t m_word_length = 0;
  std::array<char, kMaxValue> m_word;
};

}  // namespace bitcoin_support
