// What can be done with a secure buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "secure_buffer_table.h"

namespace bitcoin_support {

/// A number and the table it belongs to: the buffer's functions, all safe on a number that is not open and
/// from any thread. It owns nothing; see SecureBufferTable for who does. Beyond its length a buffer holds
/// zeros. A function that changes the bytes waits for those who read them and the other way around; inside
/// BufferUse of the same buffer it fails.
class SecureBuffer {
 public:
  using Bytes = std::span<const unsigned char>;

  explicit SecureBuffer(BufferNumber number) noexcept : SecureBuffer(SecureBufferTable::Instance(), number) {}
  SecureBuffer(SecureBufferTable& table, BufferNumber number) noexcept : m_table(table), m_number(number) {}

  /// Replaces the content, and wipes what is left of the old one. False, and the old content stays, when the
  /// bytes are more than the capacity.
  bool Write(Bytes bytes) noexcept;
  /// The same with the content in pieces.
  bool Write(std::span<const Bytes> pieces) noexcept;
  /// What has become of a content that grows.
  enum class Growth {
    kFailed,  ///< it is as it was
    kFits,    ///< there was room
    kMoved,   ///< it is in a larger place now, and wiped where it was
  };
  /// Puts bytes into the content at an offset that starts a character of UTF-8, or at its end, and enlarges
  /// the capacity when there is no room for all. The bytes must not be the buffer's own.
  Growth Insert(size_t at, Bytes bytes) noexcept;
  /// The same at the end.
  Growth Append(Bytes bytes) noexcept;
  /// Shortens the content to an offset that starts a character, and wipes the rest. A length beyond the
  /// content's changes nothing.
  bool Truncate(size_t length) noexcept;
  /// Takes away the last character, which is up to four bytes of UTF-8. False when there is none.
  bool Pop() noexcept;
  /// Sets all bytes of the capacity to a value.
  bool Fill(unsigned char value) noexcept;
  /// Fills the capacity from the system's random generator; false also when that fails, and the buffer is
  /// empty then.
  bool FillRandom() noexcept;
  /// Zeros all of it in one pass and sets the length to 0.
  bool Clear() noexcept;
  /// The same in two passes.
  bool Zeroize() noexcept;

  /// Copies as much of the content as fits into `into`, and leaves the rest of that alone. The number of
  /// bytes copied.
  std::optional<size_t> Read(std::span<unsigned char> into) const noexcept;
  /// The same for all or nothing. The content's length: when it is more than `into` has, nothing has been
  /// copied.
  std::optional<size_t> ReadWhole(std::span<unsigned char> into) const noexcept;

  std::optional<size_t> Length() const noexcept;
  std::optional<size_t> Capacity() const noexcept;
  bool IsValid() const noexcept;
  /// True when the pages are locked and Unlock() has not been called. Pages are shared with neighbours and
  /// stay locked.
  bool IsLocked() const noexcept;
  /// False also when the pages are not locked.
  bool Lock() noexcept;
  bool Unlock() noexcept;

  /// Whether the contents are equal; nothing when one is not open. Its time depends on the capacities alone.
  std::optional<bool> Equals(const SecureBuffer& other) const noexcept;
  /// The same with bytes from elsewhere; its time depends on the capacity and on their number.
  std::optional<bool> Equals(Bytes bytes) const noexcept;
  /// Whether all bytes are 0, as in an empty buffer. Its time depends on the capacity alone.
  std::optional<bool> IsZero() const noexcept;
  /// Whether the canary is intact and the length within the capacity.
  std::optional<bool> IntegrityCheck() const noexcept;

 private:
  Growth Grow(std::optional<size_t> at, Bytes bytes) noexcept;
  std::optional<size_t> Look(const std::atomic<uint32_t> ControlBlock::* number) const noexcept;

  SecureBufferTable& m_table;
  const BufferNumber m_number;
};

}  // namespace bitcoin_support
