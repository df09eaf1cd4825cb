// The functions of a secure buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "secure/secure_buffer_table.h"

namespace bitcoin_support {

/// A number and its table, with all functions of the buffer. They are safe on a number that is not open, and
/// from any thread: they return false or nothing then. It owns nothing: see SecureBufferTable for who does.
///
/// Beyond its length a buffer holds zeros. Functions that change the bytes wait for those that read them, and
/// the other way around; inside BufferUse of the same buffer they fail.
class SecureBuffer {
 public:
  using Bytes = std::span<const unsigned char>;

  explicit SecureBuffer(BufferNumber number) noexcept : SecureBuffer(SecureBufferTable::Instance(), number) {}
  SecureBuffer(SecureBufferTable& table, BufferNumber number) noexcept : m_table(table), m_number(number) {}

  /// Replaces the content, and wipes the rest of the old one.
  /// @returns false when there are more bytes than the capacity; then the old content stays
  bool Write(Bytes bytes) noexcept;
  /// Replaces the content by the pieces, one after the other.
  bool Write(std::span<const Bytes> pieces) noexcept;
  /// How Insert() and Append() end.
  enum class Growth {
    kFailed,  ///< nothing has changed
    kFits,    ///< there was room
    kMoved,   ///< the content is in a larger place now, and the old place is wiped
  };
  /// Inserts bytes at an offset where a character of UTF-8 starts, or at the content's end. Enlarges the
  /// capacity when there is no room. The bytes must not be the buffer's own.
  Growth Insert(size_t at, Bytes bytes) noexcept;
  /// Inserts bytes at the content's end.
  Growth Append(Bytes bytes) noexcept;
  /// Shortens the content to an offset where a character starts, and wipes the rest. A length beyond the
  /// content changes nothing.
  bool Truncate(size_t length) noexcept;
  /// Removes the last character, up to four bytes of UTF-8. @returns false when there is none
  bool Pop() noexcept;
  /// Sets all bytes of the capacity to a value.
  bool Fill(unsigned char value) noexcept;
  /// Fills the capacity from the system's random generator. @returns false also when that fails; then the
  /// buffer is empty
  bool FillRandom() noexcept;
  /// Sets all bytes of the capacity to 0, in one pass, and the length to 0.
  bool Clear() noexcept;
  /// Sets all bytes of the capacity to 0, in two passes, and the length to 0.
  bool Zeroize() noexcept;

  /// Copies as much of the content as fits into `into`, and leaves the rest of that alone.
  /// @returns the number of bytes copied
  std::optional<size_t> Read(std::span<unsigned char> into) const noexcept;
  /// Copies all or nothing. @returns the content's length; when it is more than `into` has, nothing was
  /// copied
  std::optional<size_t> ReadWhole(std::span<unsigned char> into) const noexcept;

  std::optional<size_t> Length() const noexcept;
  std::optional<size_t> Capacity() const noexcept;
  bool IsValid() const noexcept;
  /// Whether the pages are locked and Unlock() has not been called. Pages are shared with other buffers, so
  /// they stay locked after Unlock().
  bool IsLocked() const noexcept;
  /// @returns false also when the pages are not locked
  bool Lock() noexcept;
  bool Unlock() noexcept;

  /// Whether the contents are equal; nothing when one is not open. Its time depends on the capacities only.
  std::optional<bool> Equals(const SecureBuffer& other) const noexcept;
  /// Whether the content equals `bytes`. Its time depends on the capacity and on their number only.
  std::optional<bool> Equals(Bytes bytes) const noexcept;
  /// Whether all bytes are 0, as in an empty buffer. Its time depends on the capacity only.
  std::optional<bool> IsZero() const noexcept;
  /// Whether the canary is intact and the length within the capacity.
  std::optional<bool> IntegrityCheck() const noexcept;

 private:
  Growth Grow(std::optional<size_t> at, Bytes bytes) noexcept;
  std::optional<size_t> ReadNumber(const std::atomic<uint32_t> ControlBlock::* number) const noexcept;

  SecureBufferTable& m_table;
  const BufferNumber m_number;
};

}  // namespace bitcoin_support
