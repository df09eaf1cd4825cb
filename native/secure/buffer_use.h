// Being inside a buffer, for the length of a scope.
#pragma once

#include <cstddef>
#include <optional>

#include "control_block.h"
#include "secure_buffer_table.h"

namespace bitcoin_support {

/// What Shared and Exclusive have in common: the bytes, while they may be touched.
class BufferAccess {
 public:
  BufferAccess(const BufferAccess&) = delete;
  BufferAccess& operator=(const BufferAccess&) = delete;

  /// Whether the buffer was open; nothing else may be called when it was not.
  explicit operator bool() const noexcept { return m_entered; }

  unsigned char* data() const noexcept { return m_block->m_slot.data; }
  size_t capacity() const noexcept { return m_block->m_capacity.load(std::memory_order_relaxed); }
  size_t length() const noexcept { return m_block->m_length.load(std::memory_order_relaxed); }
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

/// One of a buffer's readers.
class SharedAccess final : public BufferAccess {
 public:
  SharedAccess(SecureBufferTable& table, BufferNumber number) noexcept : BufferAccess(table, number) {
    m_entered = m_block != nullptr && m_block->EnterShared(generation());
  }
  /// Does not wait for a writer: then it is not entered.
  SharedAccess(SecureBufferTable& table, BufferNumber number, std::nothrow_t) noexcept
      : BufferAccess(table, number) {
    m_entered = m_block != nullptr && m_block->TryEnterShared(generation());
  }
  ~SharedAccess() {
    if (m_entered && m_block->LeaveShared()) m_table.Finish(m_number);
  }
};

/// A buffer's only user.
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
    m_block->m_length.store(static_cast<uint32_t>(length), std::memory_order_relaxed);
  }
};

/// One of a buffer's readers, while code runs that may call any function on the same buffer in this thread: a
/// write fails then instead of waiting for ever, and a destroy wipes the buffer when the last use ends. To be
/// destroyed by the thread that made it. Two threads that each are in a use of one buffer and write the
/// other's wait for each other, so code that is called in here must not be foreign: what JavaScript is lent
/// is a copy.
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
  // In this order: the thread stops being a user before the access ends, which may destroy the buffer.
  SharedAccess m_access;
  std::optional<ThreadUse> m_thread_use;
};

}  // namespace bitcoin_support
