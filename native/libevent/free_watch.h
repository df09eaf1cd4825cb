// Notices when libevent frees a block.
#pragma once

namespace bitcoin_support {

/// Calls back when libevent is about to free a block, for any reason. For an object that C may use as
/// well this is the only reliable sign of its end: libevent has room for one callback of each kind, and C may
/// set it.
///
/// It notices what its own thread frees.
class FreeWatch {
 public:
  FreeWatch() = default;
  ~FreeWatch() { Stop(); }
  FreeWatch(const FreeWatch&) = delete;
  FreeWatch& operator=(const FreeWatch&) = delete;

  /// Watches `block`, of libevent's heap, instead of what it has watched. `on_free` is called once, before
  /// the block and what is freed after it are wiped, and may destroy this. No exception may leave it.
  /// @throws std::bad_alloc
  void Start(const void* block, void (*on_free)(void*), void* arg);
  void Stop();
  bool on() const { return m_block != nullptr; }

  /// The block is about to be freed.
  static void Notify(const void* block);

 private:
  const void* m_block = nullptr;
  void (*m_on_free)(void*) = nullptr;
  void* m_arg = nullptr;
};

}  // namespace bitcoin_support
