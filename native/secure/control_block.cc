#include "secure/control_block.h"

#include "secure/backoff.h"

namespace bitcoin_support {
namespace {

thread_local ThreadUse* t_uses = nullptr;

bool LastOfOrphan(uint64_t state) noexcept {
  return (state & (ControlBlock::kOrphan | ControlBlock::kReaders | ControlBlock::kWriter)) ==
         ControlBlock::kOrphan;
}

}  // namespace

// A list that is linked both ways, since uses may end in any order.
ThreadUse::ThreadUse(const ControlBlock* block) noexcept
    : m_block(block), m_next(t_uses), m_previous(nullptr) {
  if (m_next != nullptr) m_next->m_previous = this;
  t_uses = this;
}

ThreadUse::~ThreadUse() {
  if (m_previous != nullptr) {
    m_previous->m_next = m_next;
  } else {
    t_uses = m_next;
  }
  if (m_next != nullptr) m_next->m_previous = m_previous;
}

bool ThreadUse::Holds(const ControlBlock* block) noexcept {
  for (const ThreadUse* use = t_uses; use != nullptr; use = use->m_next) {
    if (use->m_block == block) return true;
  }
  return false;
}

bool ControlBlock::EnterShared(uint64_t generation) noexcept {
  Backoff backoff;
  uint64_t state = m_state.load(std::memory_order_acquire);
  while (Open(state, generation)) {
    // Enter beside a writer that still waits for a use of this thread.
    if ((state & kWriter) != 0 && !((state & kReaders) != 0 && ThreadUse::Holds(this))) {
      backoff.Pause();
      state = m_state.load(std::memory_order_acquire);
      continue;
    }
    if ((state & kReaders) == kReaders) return false;
    if (m_state.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
      return true;
    }
  }
  return false;
}

bool ControlBlock::TryEnterShared(uint64_t generation) noexcept {
  uint64_t state = m_state.load(std::memory_order_acquire);
  while (Open(state, generation) && (state & kReaders) != kReaders) {
    if ((state & kWriter) != 0 && !((state & kReaders) != 0 && ThreadUse::Holds(this))) return false;
    if (m_state.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
      return true;
    }
  }
  return false;
}

bool ControlBlock::EnterExclusive(uint64_t generation) noexcept {
  Backoff backoff;
  uint64_t state = m_state.load(std::memory_order_acquire);
  for (;;) {
    if (!Open(state, generation)) return false;
    if ((state & kReaders) != 0 && ThreadUse::Holds(this)) return false;
    if ((state & kWriter) != 0) {
      backoff.Pause();
      state = m_state.load(std::memory_order_acquire);
      continue;
    }
    if (m_state.compare_exchange_weak(state, state | kWriter, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
      break;
    }
  }
  state |= kWriter;
  while ((state & kReaders) != 0) {
    backoff.Pause();
    state = m_state.load(std::memory_order_acquire);
  }
  return true;
}

bool ControlBlock::LeaveShared() noexcept {
  return LastOfOrphan(m_state.fetch_sub(1, std::memory_order_acq_rel) - 1);
}

bool ControlBlock::LeaveExclusive() noexcept {
  return LastOfOrphan(m_state.fetch_and(~kWriter, std::memory_order_acq_rel) & ~kWriter);
}

ControlBlock::Closed ControlBlock::Close(uint64_t generation) noexcept {
  uint64_t state = m_state.load(std::memory_order_acquire);
  bool own = false;
  do {
    if (!Open(state, generation)) return Closed::kGone;
    own = (state & kReaders) != 0 && ThreadUse::Holds(this);
  } while (!m_state.compare_exchange_weak(state, (state & ~kValid) | kClosing | (own ? kOrphan : 0),
                                          std::memory_order_acq_rel, std::memory_order_acquire));
  if (own) return Closed::kLeftToUsers;
  Backoff backoff;
  while ((m_state.load(std::memory_order_acquire) & (kReaders | kWriter)) != 0) backoff.Pause();
  return Closed::kDrained;
}

ControlBlock::Closed ControlBlock::CloseAtOnce() noexcept {
  uint64_t state = m_state.load(std::memory_order_acquire);
  do {
    if ((state & kValid) == 0) return Closed::kGone;
  } while (!m_state.compare_exchange_weak(
      state, (state & ~kValid) | kClosing | ((state & (kReaders | kWriter)) != 0 ? kOrphan : 0),
      std::memory_order_acq_rel, std::memory_order_acquire));
  return (state & (kReaders | kWriter)) == 0 ? Closed::kDrained : Closed::kLeftToUsers;
}

bool ControlBlock::Abandon() noexcept {
  const uint64_t state = m_state.load(std::memory_order_relaxed);
  const uint64_t users = state & (kReaders | kWriter);
  m_state.store((state >> kGenerationShift << kGenerationShift) | kClosing | users,
                std::memory_order_relaxed);
  return users != 0;
}

bool ControlBlock::SetLockWanted(uint64_t generation, bool wanted) noexcept {
  uint64_t state = m_state.load(std::memory_order_acquire);
  while (Open(state, generation)) {
    const uint64_t next = wanted ? state | kLockWanted : state & ~kLockWanted;
    if (m_state.compare_exchange_weak(state, next, std::memory_order_acq_rel, std::memory_order_acquire)) {
      return true;
    }
  }
  return false;
}

void ControlBlock::SetPagesLocked(bool locked) noexcept {
  if (locked) {
    m_state.fetch_or(kPagesLocked, std::memory_order_acq_rel);
  } else {
    m_state.fetch_and(~kPagesLocked, std::memory_order_acq_rel);
  }
}

void ControlBlock::Open(bool pages_locked) noexcept {
  const uint64_t generation = m_state.load(std::memory_order_relaxed) >> kGenerationShift;
  m_state.store((generation << kGenerationShift) | kValid | kLockWanted | (pages_locked ? kPagesLocked : 0),
                std::memory_order_release);
}

}  // namespace bitcoin_support
