// What other threads can reach of a base and its events.
#pragma once

#include <event2/event.h>
#include <napi.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

namespace bitcoin_support {

class Environment;
class EventBase;
class LibEvent;
class LoopWaker;

/// What other threads may do with a base or an event of this one, until its owner closes the share.
class Share : public std::enable_shared_from_this<Share> {
 public:
  explicit Share(LoopWaker& waker) : m_waker(waker) {}
  virtual ~Share() = default;
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

  /// Called by the owner. After that no other thread uses the owner.
  void Close();

  enum class Result : uint8_t { kDone, kClosed, kNotThis, kForked };
  /// Any thread. @returns kNotThis when it shares something else.
  virtual Result Active(short) { return Result::kNotThis; }
  virtual Result Once(std::vector<uint8_t>, std::optional<timeval>) { return Result::kNotThis; }
  /// A thread has opened the token. Any thread.
  virtual void Opened() {}
  /// The thread that opened the token has no more use for it. Called in that thread.
  virtual void Released() {}

  /// For the owner.
  bool open() const { return m_open; }
  uint64_t token() const { return m_token; }

 protected:
  /// Runs `task` in the owner's thread, at once when that is this one, unless the owner closes before.
  Result Post(std::function<void()> task);
  /// @returns what Post() would, without a task
  Result Check();
  bool in_own_thread() const { return std::this_thread::get_id() == m_thread; }
  LoopWaker& waker() { return m_waker; }
  /// Runs `change` unless the owner has closed, or closes before it is done.
  bool IfOpen(const std::function<void()>& change);

 private:
  friend uint64_t RegisterShare(std::shared_ptr<Share> share);
  const std::thread::id m_thread = std::this_thread::get_id();  ///< that of the owner, which makes it
  std::mutex m_mutex;
  LoopWaker& m_waker;
  uint64_t m_token = 0;
  bool m_open = true;  ///< written by the owner, under the mutex
};

/// Makes an event active.
class EventShare final : public Share {
 public:
  EventShare(LibEvent& event, LoopWaker& waker) : Share(waker), m_event(event) {}
  Result Active(short what) override;

 private:
  // A task is posted. The lower bits are the flags that it activates the event with.
  static constexpr uint32_t kOnItsWay = 0x10000;
  std::atomic<uint32_t> m_reasons{0};
  LibEvent& m_event;
};

/// Delivers messages to a base.
class BaseShare final : public Share {
 public:
  BaseShare(EventBase& base, LoopWaker& waker, double key);
  ~BaseShare() override;
  double key() const { return m_key; }
  Result Once(std::vector<uint8_t> bytes, std::optional<timeval> after) override;
  void Opened() override;
  void Released() override;
  /// Counts the token as one that is still to be opened.
  void Await();
  /// Called by the owner: closes it, and takes it out of the count.
  void Withdraw();

 private:
  void Count(int more);
  void NotifyOwner();
  struct Message {
    BaseShare* share;
    std::vector<uint8_t> bytes;
    ~Message();
  };
  static void OnMessage(evutil_socket_t fd, short what, void* arg);
  void Begin(const std::shared_ptr<Message>& message, std::optional<timeval> after);

  EventBase& m_owner;
  event_base* const m_base;
  const double m_key;
  // Under the mutex: what it has added to the waker's count, and whether nobody has opened it yet.
  unsigned m_here = 0;
  unsigned m_elsewhere = 0;
  bool m_awaited = false;
  std::unordered_map<Message*, std::shared_ptr<Message>> m_messages;
};

/// Makes a random token for a share. Thread-safe. It finds the share until that is closed.
/// @throws std::system_error without randomness
uint64_t RegisterShare(std::shared_ptr<Share> share);

void ExportShares(Napi::Env env, Napi::Object exports, Environment& state);

}  // namespace bitcoin_support
