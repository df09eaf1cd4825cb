// Something of each thread's own.
#pragma once

#include <memory>

namespace bitcoin_support {

/// A T of a thread, made when it is first used: `thread_local PerThread<T> t_name`. The addon's thread-local
/// variables lie in the static TLS block, where libraries that are loaded later, such as a second copy of the
/// addon, share 1.6 KiB. This takes a pointer of them.
template <class T>
class PerThread {
 public:
  /// @throws std::bad_alloc the first time
  T& operator*() { return *Made(); }
  T* operator->() { return Made(); }
  /// Null as long as it has not been used.
  T* get() { return m_value.get(); }

 private:
  T* Made() {
    if (m_value == nullptr) m_value = std::make_unique<T>();
    return m_value.get();
  }

  std::unique_ptr<T> m_value;
};

}  // namespace bitcoin_support
