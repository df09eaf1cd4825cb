// A line of text, typed at a terminal, in locked memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "secure/secure_buffer_table.h"

namespace bitcoin_support {

/// Edits a line of UTF-8, one byte of the terminal at a time. Backspace erases a character, Ctrl-W a word,
/// Ctrl-U everything. Escape sequences (arrows, function keys, the marks around a paste) and other control
/// characters except the tab are ignored.
class SecretLine {
 public:
  enum class State : uint8_t {
    kTyping,       ///< more bytes are wanted
    kDone,         ///< Enter or Ctrl-D: Finish() has the line
    kInterrupted,  ///< Ctrl-C
    kTooLong,      ///< Enter or Ctrl-D, after more than the most bytes
    kFailed,       ///< there is no locked memory
  };

  explicit SecretLine(size_t max_bytes) noexcept;
  /// Wipes the line.
  ~SecretLine();
  SecretLine(const SecretLine&) = delete;
  SecretLine& operator=(const SecretLine&) = delete;

  State state() const noexcept { return m_state; }

  /// Reads one byte of the terminal into locked memory and applies it to the line.
  /// @returns what read(2) returned: 0 at the end, -1 with errno set
  ptrdiff_t ReadByte(int fd) noexcept;

  /// Call it in kDone. @returns the number of a new buffer with the line, which the caller owns; 0 on failure
  BufferNumber Finish() noexcept;

 private:
  // What the next byte is part of.
  enum class Sequence : uint8_t {
    kNone,     ///< the line
    kEscape,   ///< a sequence, right after ESC
    kControl,  ///< a sequence that began with ESC [, up to its final byte
    kSingle,   ///< the last byte after ESC O
  };

  // `line`: the line within the buffer, during ReadByte().
  void Take(unsigned char byte, unsigned char* line) noexcept;
  bool SkipSequence(unsigned char byte) noexcept;
  void EraseCharacter(unsigned char* line) noexcept;
  void EraseWord(unsigned char* line) noexcept;
  void Shorten(unsigned char* line, size_t length) noexcept;
  bool MakeRoom() noexcept;

  const size_t m_max;
  BufferNumber m_number = 0;  ///< read(2) writes to the first byte; the line follows
  size_t m_capacity = 0;      ///< of the line
  size_t m_length = 0;        ///< of the line
  uint64_t m_escaped_at = 0;  ///< ns; when ESC came
  bool m_overflow = false;    ///< more than m_max bytes have come
  Sequence m_sequence = Sequence::kNone;
  State m_state = State::kTyping;
};

}  // namespace bitcoin_support
