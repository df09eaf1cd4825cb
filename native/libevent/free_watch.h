// Hears when libevent frees a block.
#pragma once

namespace bitcoin_support {

/// Hears that libevent is about to give a block back, by whatever way it comes to that. Of what C may use it
/// is the one sign of the end that C cannot take away: libevent has room for one callback each, and C may set
/// it.
///
/// It hears of its own thread alone.
class FreeWatch {
 public:
  FreeWatch() = default;
  ~FreeWatch() { Stop(); }
  FreeWatch(const FreeWatch&) = delete;
  FreeWatch& operator=(const FreeWatch&) = delete;

  /// Watches `block`, of libevent's heap, instead of what it has watched. `heard` is called once, with the
  /// block and whatever is freed after it still whole, and may destroy this. No exception may leave it.
  /// @throws std::bad_alloc
  void Start(const void* block, void (*heard)(void*), void* arg);
  void Stop();
  bool on() const { return m_block != nullptr; }

  /// The block is about to be freed.
  static void Tell(const void* block);

 private:
  const void* m_block = nullptr;
  void (*m_heard)(void*) = nullptr;
  void* m_arg = nullptr;
};

}  // namespace bitcoin_support
