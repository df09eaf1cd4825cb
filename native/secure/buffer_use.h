// Access to a buffer's bytes, for the length of a scope.
#pragma once

#include <cstddef>
#include <optional>

#include "secure/control_block.h"
#include "secure/secure_buffer_table.h"

namespace bitcoin_support {

/// What SharedAccess and ExclusiveAccess have in common: the bytes, while they may be used.
class BufferAccess {
 public:
  BufferAccess(const BufferAccess&) = delete;
  BufferAccess& operator=(const BufferAccess&) = delete;

  /// Whether the buffer was open. If not, call nothing else.
  explicit operator bool() const noexcept { return m_entered; }

  unsigned char* data() const noexcept { return m_block->slot.data; }
  size_t capacity() const noexcept { return m_block->capacity.load(std::memory_order_relaxed); }
  size_t length() const noexcept { return m_block->length.load(std::memory_order_relaxed); }
  const ControlBlock& block() const noexcept { return *m_block; }

 protected:
  BufferAccess(SecureBufferTable& table, BufferNumber number) noexcept
      : m_table(table), m_number(number), m_block(table.Find(number)) {}
  ~BufferAccess() = default;

  uint64_t generation() const noexcept { return SecureBufferTable::GenerationOf(m_number); }

  SecureBufferTable& m_table;
  const BufferNumber m_number;
  ControlBlock* const m_block;
  bool m_entered = false;
};

/// Reads a buffer, beside other readers.
class SharedAccess final : public BufferAccess {
 public:
  SharedAccess(SecureBufferTable& table, BufferNumber number) noexcept : BufferAccess(table, number) {
    m_entered = m_block != nullptr && m_block->EnterShared(generation());
  }
  /// Gets no access when there is a writer, instead of waiting for it.
  SharedAccess(SecureBufferTable& table, BufferNumber number, std::nothrow_t) noexcept
      : BufferAccess(table, number) {
    m_entered = m_block != nullptr && m_block->TryEnterShared(generation());
  }
  ~SharedAccess() {
    if (m_entered && m_block->LeaveShared()) m_table.Finish(m_number);
  }
};

/// Uses a buffer alone.
class ExclusiveAccess final : public BufferAccess {
 public:
  ExclusiveAccess(SecureBufferTable& table, BufferNumber number) noexcept : BufferAccess(table, number) {
    m_entered = m_block != nullptr && m_block->EnterExclusive(generation());
  }
  ~ExclusiveAccess() {
    if (m_entered && m_block->LeaveExclusive()) m_table.Finish(m_number);
  }

  /// See SecureBufferTable::Enlarge().
  bool Enlarge(size_t capacity) noexcept { return m_table.Enlarge(*m_block, capacity); }

  void set_length(size_t length) noexcept {
    m_block->length.store(static_cast<uint32_t>(length), std::memory_order_relaxed);
  }
};

/// Reads a buffer while code runs that may call any function on the same buffer in this thread: a write fails
/// then instead of waiting for ever, and a destroy wipes the buffer when the last use ends. Destroy it on the
/// thread that made it.
///
/// Do not call foreign code meanwhile: two threads that each use one buffer and write the other's wait for
/// each other for ever. JavaScript is therefore lent a copy.
class BufferUse final {
 public:
  BufferUse(SecureBufferTable& table, BufferNumber number) noexcept : m_access(table, number) {
    if (m_access) m_thread_use.emplace(&m_access.block());
  }

  explicit operator bool() const noexcept { return static_cast<bool>(m_access); }
  unsigned char* data() const noexcept { return m_access.data(); }
  size_t length() const noexcept { return m_access.length(); }
  size_t capacity() const noexcept { return m_access.capacity(); }

 private:
  // In this order: m_thread_use must end before m_access, whose end may destroy the buffer.
  SharedAccess m_access;
  std::optional<ThreadUse> m_thread_use;
};

}  // namespace bitcoin_support
