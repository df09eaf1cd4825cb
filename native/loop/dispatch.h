// A base's part in the LoopDriver of its thread.
#pragma once

#include <cstdint>
#include <memory>

namespace bitcoin_support {

class TurnEvents;

/// Belongs to the base and lives as long. The LoopDriver alone changes it.
class Dispatch {
 public:
  Dispatch();
  ~Dispatch();
  Dispatch(const Dispatch&) = delete;
  Dispatch& operator=(const Dispatch&) = delete;

  /// Whether the base is being dispatched.
  bool on() const { return m_order != 0; }
  /// Whether the dispatch goes on though nothing is pending.
  bool keep_alive() const { return m_keep_alive; }
  /// Whether the base keeps the process alive while it is dispatched, as Node's handles do.
  bool has_ref() const { return m_has_ref; }

  /// The base has a new backend, whose descriptor is likely to be `fd`; -1 when it may be any.
  void ForgetBackend(int likely_fd);

 private:
  friend class LoopDriver;

  uint64_t m_order = 0;  ///< when it was attached, among the bases of its thread; 0: it is not
  bool m_keep_alive = false;
  bool m_has_ref = true;
  int m_backend_fd = -1;  ///< -1: not looked for or not found
  int m_likely_backend_fd = -1;
  std::unique_ptr<TurnEvents> m_turn_events;  ///< made when it is the poller for the first time
};

}  // namespace bitcoin_support
