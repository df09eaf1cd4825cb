#include "secure/secure_buffer.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "secure/backoff.h"
#include "secure/buffer_use.h"
#include "secure/constant_time.h"
#include "secure/memory_cleanse.h"
#include "secure/platform.h"

namespace bitcoin_support {
namespace {

// The ranges may overlap, and the pointer of an empty span may be null.
void Copy(unsigned char* into, const unsigned char* from, size_t size) noexcept {
  if (size > 0) std::memmove(into, from, size);
}

// Whether a character of UTF-8 starts at the offset, or the content ends there.
bool StartsCharacter(const BufferAccess& access, size_t offset) noexcept {
  return offset == access.length() || (offset < access.length() && (access.data()[offset] & 0xc0) != 0x80);
}

}  // namespace

bool SecureBuffer::Write(Bytes bytes) noexcept { return Write(std::span<const Bytes>(&bytes, 1)); }

bool SecureBuffer::Write(std::span<const Bytes> pieces) noexcept {
  ExclusiveAccess access(m_table, m_number);
  if (!access) return false;
  size_t room = access.capacity();
  for (const Bytes piece : pieces) {
    if (piece.size() > room) return false;
    room -= piece.size();
  }
  unsigned char* end = access.data();
  for (const Bytes piece : pieces) {
    Copy(end, piece.data(), piece.size());
    end += piece.size();
  }
  // Nothing of the old content is left.
  MemoryCleanse(end, room);
  access.set_length(access.capacity() - room);
  return true;
}

SecureBuffer::Growth SecureBuffer::Insert(size_t at, Bytes bytes) noexcept { return Grow(at, bytes); }

SecureBuffer::Growth SecureBuffer::Append(Bytes bytes) noexcept { return Grow(std::nullopt, bytes); }

SecureBuffer::Growth SecureBuffer::Grow(std::optional<size_t> at, Bytes bytes) noexcept {
  ExclusiveAccess access(m_table, m_number);
  if (!access) return Growth::kFailed;
  const size_t length = access.length();
  const size_t offset = at.value_or(length);
  if (at && !StartsCharacter(access, offset)) return Growth::kFailed;
  if (bytes.size() > SecureBufferTable::kMaxCapacity - length) return Growth::kFailed;
  const size_t needed = length + bytes.size();
  const bool move = needed > access.capacity();
  if (move &&
      !access.Enlarge(std::min(std::max(needed, access.capacity() * 2), SecureBufferTable::kMaxCapacity))) {
    return Growth::kFailed;
  }
  unsigned char* const place = access.data() + offset;
  Copy(place + bytes.size(), place, length - offset);
  Copy(place, bytes.data(), bytes.size());
  access.set_length(needed);
  return move ? Growth::kMoved : Growth::kFits;
}

bool SecureBuffer::Truncate(size_t length) noexcept {
  ExclusiveAccess access(m_table, m_number);
  if (!access) return false;
  if (length >= access.length()) return true;
  if (!StartsCharacter(access, length)) return false;
  MemoryCleanse(access.data() + length, access.length() - length);
  access.set_length(length);
  return true;
}

bool SecureBuffer::Pop() noexcept {
  ExclusiveAccess access(m_table, m_number);
  if (!access || access.length() == 0) return false;
  size_t length = access.length();
  do {
    --length;
  } while (length > 0 && !StartsCharacter(access, length));
  MemoryCleanse(access.data() + length, access.length() - length);
  access.set_length(length);
  return true;
}

bool SecureBuffer::Fill(unsigned char value) noexcept {
  ExclusiveAccess access(m_table, m_number);
  if (!access) return false;
  std::memset(access.data(), value, access.capacity());
  access.set_length(access.capacity());
  return true;
}

bool SecureBuffer::FillRandom() noexcept {
  ExclusiveAccess access(m_table, m_number);
  if (!access) return false;
  const bool filled = platform::RandomBytes(access.data(), access.capacity());
  if (!filled) MemoryCleanse(access.data(), access.capacity());
  access.set_length(filled ? access.capacity() : 0);
  return filled;
}

bool SecureBuffer::Clear() noexcept {
  ExclusiveAccess access(m_table, m_number);
  if (!access) return false;
  MemoryCleanse(access.data(), access.capacity());
  access.set_length(0);
  return true;
}

bool SecureBuffer::Zeroize() noexcept {
  ExclusiveAccess access(m_table, m_number);
  if (!access) return false;
  MemoryCleanse(access.data(), access.capacity());
  MemoryCleanse(access.data(), access.capacity());
  access.set_length(0);
  return true;
}

std::optional<size_t> SecureBuffer::Read(std::span<unsigned char> into) const noexcept {
  const SharedAccess access(m_table, m_number);
  if (!access) return std::nullopt;
  const size_t count = std::min(into.size(), access.length());
  Copy(into.data(), access.data(), count);
  return count;
}

std::optional<size_t> SecureBuffer::ReadWhole(std::span<unsigned char> into) const noexcept {
  const SharedAccess access(m_table, m_number);
  if (!access) return std::nullopt;
  if (access.length() <= into.size()) Copy(into.data(), access.data(), access.length());
  return access.length();
}

// Does not enter, so that it never waits. If the place has another buffer by then, the second IsOpen() is
// false.
std::optional<size_t> SecureBuffer::ReadNumber(
    const std::atomic<uint32_t> ControlBlock::* number) const noexcept {
  const ControlBlock* const block = m_table.Find(m_number);
  const uint64_t generation = SecureBufferTable::GenerationOf(m_number);
  if (block == nullptr || !block->IsOpen(generation)) return std::nullopt;
  const size_t value = (block->*number).load(std::memory_order_acquire);
  if (!block->IsOpen(generation)) return std::nullopt;
  return value;
}

std::optional<size_t> SecureBuffer::Length() const noexcept { return ReadNumber(&ControlBlock::length); }

std::optional<size_t> SecureBuffer::Capacity() const noexcept { return ReadNumber(&ControlBlock::capacity); }

bool SecureBuffer::IsValid() const noexcept {
  const ControlBlock* const block = m_table.Find(m_number);
  return block != nullptr && block->IsOpen(SecureBufferTable::GenerationOf(m_number));
}

bool SecureBuffer::IsLocked() const noexcept {
  constexpr uint64_t kBoth = ControlBlock::kLockWanted | ControlBlock::kPagesLocked;
  const ControlBlock* const block = m_table.Find(m_number);
  if (block == nullptr) return false;
  const uint64_t state = block->state();
  return ControlBlock::Open(state, SecureBufferTable::GenerationOf(m_number)) && (state & kBoth) == kBoth;
}

bool SecureBuffer::Lock() noexcept {
  ControlBlock* const block = m_table.Find(m_number);
  return block != nullptr && block->SetLockWanted(SecureBufferTable::GenerationOf(m_number), true) &&
         IsLocked();
}

bool SecureBuffer::Unlock() noexcept {
  ControlBlock* const block = m_table.Find(m_number);
  return block != nullptr && block->SetLockWanted(SecureBufferTable::GenerationOf(m_number), false);
}

std::optional<bool> SecureBuffer::Equals(const SecureBuffer& other) const noexcept {
  Backoff backoff;
  for (;;) {
    const SharedAccess left(m_table, m_number);
    if (!left) return std::nullopt;
    // Waiting for the second while holding the first could deadlock.
    const SharedAccess right(other.m_table, other.m_number, std::nothrow);
    if (right) {
      // Beyond its length a buffer holds zeros, and equal lengths are within both capacities.
      const size_t common = std::min(left.capacity(), right.capacity());
      const uint64_t difference = ConstantTimeDifference(left.data(), right.data(), common);
      return (difference | (left.length() ^ right.length())) == 0;
    }
    if (!other.IsValid()) return std::nullopt;
    backoff.Pause();
  }
}

std::optional<bool> SecureBuffer::Equals(Bytes bytes) const noexcept {
  const SharedAccess access(m_table, m_number);
  if (!access) return std::nullopt;
  const size_t common = std::min(bytes.size(), access.capacity());
  const uint64_t difference = ConstantTimeDifference(access.data(), bytes.data(), common) |
                              ConstantTimeBits(access.data() + common, access.capacity() - common);
  return (difference | (access.length() ^ bytes.size())) == 0;
}

std::optional<bool> SecureBuffer::IsZero() const noexcept {
  const SharedAccess access(m_table, m_number);
  if (!access) return std::nullopt;
  return ConstantTimeBits(access.data(), access.capacity()) == 0;
}

std::optional<bool> SecureBuffer::IntegrityCheck() const noexcept {
  const SharedAccess access(m_table, m_number);
  if (!access) return std::nullopt;
  return access.length() <= access.capacity() &&
         m_table.slots().CanaryIntact(access.block().slot, access.capacity());
}

}  // namespace bitcoin_support
