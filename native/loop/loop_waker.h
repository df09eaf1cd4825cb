// Wakes a base's loop from other threads.
#pragma once

#include <event2/event.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "libevent/internal_event.h"
#include "napi/fork_count.h"

namespace bitcoin_support {

/// Counts the tokens through which messages may still arrive: open ones, and unopened ones.
struct TokenCount {
  std::atomic<unsigned> here{0};       ///< in the base's thread
  std::atomic<unsigned> elsewhere{0};  ///< in other threads, or in none yet
  bool AnyElsewhere() const { return elsewhere > 0; }
  bool Any() const { return here > 0 || elsewhere > 0; }
};

/// A queue of tasks that other threads post to a base. Only the base's thread calls libevent with it, so the
/// base needs no locks. Posting wakes a loop that waits, or is about to, whichever base the thread waits in.
class LoopWaker {
 public:
  /// @throws std::system_error when there are no descriptors left
  explicit LoopWaker(event_base* base);
  ~LoopWaker();
  LoopWaker(const LoopWaker&) = delete;
  LoopWaker& operator=(const LoopWaker&) = delete;

  /// Thread-safe: the base's thread runs `task` in its loop.
  void Post(std::function<void()> task);
  /// Thread-safe: whether a task waits.
  bool HasPosted();
  /// Runs the tasks. The base's thread calls this before its loop, which would end at once without events.
  void RunPosted();

  /// Whether the pipe is the parent process's: a byte in it would wake the parent.
  bool forked() const { return m_forks != ForkCount(); }
  /// Makes a pipe of this process's own.
  /// @throws std::system_error when there are no descriptors left; then nothing wakes the loop
  void Renew();

  TokenCount& tokens() { return m_tokens; }

 private:
  void Open();
  void Close();

  static void OnWake(evutil_socket_t fd, short what, void* arg);

  std::mutex m_mutex;
  std::vector<std::function<void()>> m_posted;
  event_base* const m_base;
  int m_read = -1;
  int m_write = -1;
  uint32_t m_forks = 0;  ///< when the pipe was made
  TokenCount m_tokens;
  std::unique_ptr<InternalEvent> m_event;
};

}  // namespace bitcoin_support
