// The base that a callback comes from, as the way into JavaScript sees it.
#pragma once

#include <cstdint>

namespace bitcoin_support {

/// What JsCallbacks has to know of a base that calls back. EventBase derives from it.
class CallbackHost {
 public:
  CallbackHost(const CallbackHost&) = delete;
  CallbackHost& operator=(const CallbackHost&) = delete;

  /// How callbacks of JavaScript identify the base.
  uint32_t slot() const { return m_slot; }

  /// A run of libevent's loop is on the stack.
  bool in_loop() const {
    return m_loop == Loop::kTurn || m_loop == Loop::kBlocking || m_loop == Loop::kNestedBlocking;
  }
  /// The run is a turn on behalf of Node's loop. It has opened the scope that keeps what callbacks are called
  /// with.
  bool in_turn() const { return m_loop == Loop::kTurn; }
  /// A blocking call is on the stack: promises and nextTicks run after each callback, and what a callback
  /// throws ends the loop.
  bool in_sync_loop() const { return m_loop >= Loop::kBlocking; }

  /// Such a call, with nothing else of the base's below it.
  bool in_outermost_sync_loop() const { return m_loop == Loop::kBlocking; }

  /// Marks libevent as being on the stack with something that it goes on to use or to free when it is back. A
  /// loop that JavaScript ran in here might free that first, so it is refused.
  class FreeingScope {
   public:
    explicit FreeingScope(CallbackHost& host) : m_host(host) { ++m_host.m_freeing; }
    ~FreeingScope() { --m_host.m_freeing; }
    FreeingScope(const FreeingScope&) = delete;
    FreeingScope& operator=(const FreeingScope&) = delete;

   private:
    CallbackHost& m_host;
  };
  bool freeing() const { return m_freeing > 0; }

  /// Ends the loop that runs after the callback that is running; gotBreak() does not show it.
  virtual void BreakLoop() = 0;
  /// Called after each JavaScript callback: ends the turn when its budget is used up.
  virtual void CountCallback() = 0;

 protected:
  /// Which run of libevent's loop is on the stack. A base runs in one at a time:
  ///
  ///     kIdle ── RunTurn() ──> kTurn ── libevent returns ──> kIdle
  ///     kIdle ── RunSync() ──> kBlocking ── libevent returns ──> kUnwinding ── RunSync() returns ──> kIdle
  ///     kIdle ── RunSync() inside a BusyScope ──> kNestedBlocking ── libevent returns ──> kIdle
  ///
  /// kUnwinding: the loop has returned, but the releases and errors of its callbacks still belong to the
  /// call. A nested call leaves them to the outer one.
  enum class Loop : uint8_t { kIdle, kTurn, kBlocking, kNestedBlocking, kUnwinding };

  explicit CallbackHost(uint32_t slot) : m_slot(slot) {}
  ~CallbackHost() = default;

  /// Spans a run of libevent's loop: the transitions from kIdle and back.
  class LoopScope {
   public:
    LoopScope(CallbackHost& host, Loop loop) : m_host(host) { host.m_loop = loop; }
    ~LoopScope() { m_host.m_loop = m_host.m_loop == Loop::kBlocking ? Loop::kUnwinding : Loop::kIdle; }
    LoopScope(const LoopScope&) = delete;
    LoopScope& operator=(const LoopScope&) = delete;

   private:
    CallbackHost& m_host;
  };
  /// The blocking call has released all that waited for its end.
  void EndUnwinding() { m_loop = Loop::kIdle; }

 private:
  const uint32_t m_slot;
  Loop m_loop = Loop::kIdle;
  unsigned m_freeing = 0;
};

}  // namespace bitcoin_support
