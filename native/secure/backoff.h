// Waiting until another thread has done a short piece of work.
#pragma once

#include <chrono>
#include <thread>

namespace bitcoin_support {

/// Spins first, since a copy takes less time than a switch of threads. Then it yields, and then it sleeps a
/// little each time, since only a use with a callback takes so long.
class Backoff {
 public:
  void Pause() noexcept {
    ++m_count;
    if (m_count <= kSpins) {
#if defined(__x86_64__) || defined(__i386__)
      __builtin_ia32_pause();
#elif defined(__aarch64__)
      __asm__ __volatile__("yield");
#endif
    } else if (m_count <= kYields) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }

 private:
  static constexpr int kSpins = 64;
  static constexpr int kYields = 1024;
  int m_count = 0;
};

}  // namespace bitcoin_support
