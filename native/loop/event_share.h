// What other threads can reach of a base and its events.
#pragma once

#include <event2/event.h>
#include <napi.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "loop/turn_events.h"

namespace bitcoin_support {

class Environment;
class EventBase;

/// Wakes a base whose loop waits, or is about to, whichever base the thread waits in: libevent itself wakes
/// only a loop that is running.
class LoopWaker {
 public:
  /// @throws std::runtime_error when there are no descriptors left
  explicit LoopWaker(event_base* base);
  ~LoopWaker();
  LoopWaker(const LoopWaker&) = delete;
  LoopWaker& operator=(const LoopWaker&) = delete;

  /// Thread-safe.
  void Wake() const;

 private:
  static void OnWake(evutil_socket_t fd, short what, void* arg);

  int m_read;
  int m_write;
  std::unique_ptr<InternalEvent> m_event;
};

/// One end is another thread's: what it may do as long as the owner has not closed it.
class Share {
 public:
  explicit Share(const LoopWaker& waker) : m_waker(waker) {}
  virtual ~Share() = default;
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

  /// Called by the owner: once it has returned, no other thread touches anything of the owner's.
  void Close();

  enum class Result : uint8_t { kDone, kClosed, kNotThis, kFailed };
  /// Any thread. @returns kNotThis when it shares something else.
  virtual Result Active(short) { return Result::kNotThis; }
  virtual Result Once(std::vector<uint8_t>, std::optional<timeval>) { return Result::kNotThis; }

 protected:
  std::mutex m_mutex;
  const LoopWaker& m_waker;
  bool m_open = true;

 private:
  friend uint64_t RegisterShare(std::shared_ptr<Share> share);
  uint64_t m_token = 0;
};

/// Makes an event active.
class EventShare final : public Share {
 public:
  EventShare(event* ev, const LoopWaker& waker) : Share(waker), m_event(ev) {}
  Result Active(short what) override;

 private:
  event* const m_event;
};

/// Has a base call back with messages.
class BaseShare final : public Share {
 public:
  BaseShare(EventBase& base, const LoopWaker& waker, double key);
  ~BaseShare() override;
  Result Once(std::vector<uint8_t> bytes, std::optional<timeval> after) override;

 private:
  struct Message {
    BaseShare* share;
    std::vector<uint8_t> bytes;
    ~Message();
  };
  static void OnMessage(evutil_socket_t fd, short what, void* arg);

  EventBase& m_owner;
  event_base* const m_base;
  const double m_key;
  std::unordered_map<Message*, std::unique_ptr<Message>> m_messages;
};

/// Makes a random token for a share. Thread-safe. It finds the share until that is closed.
/// @throws std::runtime_error without randomness
uint64_t RegisterShare(std::shared_ptr<Share> share);

void ExportEventShares(Napi::Env env, Napi::Object exports, Environment& state);

}  // namespace bitcoin_support
