// What the modules above keep for each environment.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <vector>

namespace bitcoin_support {

class Environment;

/// State that needs turns of Node's loop to end.
class AsyncState {
 public:
  /// Called once, when the environment's handles have gone. Calls `left` when it has ended: then it is
  /// destroyed with the environment.
  virtual void Leave(std::function<void()> left) = 0;

 protected:
  ~AsyncState() = default;
};

/// One object of each class that a module asks for, made on first use and destroyed with the environment, in
/// reverse order of making: so a state may use those that its constructor has asked for.
class ModuleStates {
 public:
  ModuleStates() : m_by_slot(s_slots) {}
  ~ModuleStates();
  ModuleStates(const ModuleStates&) = delete;
  ModuleStates& operator=(const ModuleStates&) = delete;

  /// T is constructed from the environment, or by default.
  template <class T>
  T& Get(Environment& env) {
    void* const found = m_by_slot[kSlot<T>];
    return found != nullptr ? *static_cast<T*>(found) : Make<T>(env);
  }

  /// Has each AsyncState leave, in reverse order of making, and calls `left` when all have: now or in a later
  /// turn of Node's loop. `left` may destroy this.
  void Leave(std::function<void()> left) { LeaveBefore(m_made.size(), std::move(left)); }

 private:
  struct Made {
    size_t slot;
    void* object;
    AsyncState* async;  ///< null for most
    void (*destroy)(void* object);
  };

  // Kept out of its callers: it happens once, and Get() is on hot paths.
  template <class T>
  [[gnu::noinline, gnu::cold]] T& Make(Environment& env) {
    std::unique_ptr<T> state;
    if constexpr (std::is_constructible_v<T, Environment&>) {
      state = std::make_unique<T>(env);
    } else {
      state = std::make_unique<T>();
    }
    Made made{kSlot<T>, state.get(), nullptr, [](void* object) { delete static_cast<T*>(object); }};
    if constexpr (std::derived_from<T, AsyncState>) made.async = state.get();
    m_made.push_back(made);
    m_by_slot[kSlot<T>] = state.get();
    return *state.release();
  }

  void LeaveBefore(size_t end, std::function<void()> left);

  // The slots are dealt when the addon is loaded, one for each class that Get() is called with anywhere.
  static inline constinit size_t s_slots = 0;
  template <class T>
  static inline const size_t kSlot = s_slots++;

  std::vector<void*> m_by_slot;
  std::vector<Made> m_made;
};

}  // namespace bitcoin_support
