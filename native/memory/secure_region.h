// An ArrayBuffer over locked pages.
#pragma once

#include <napi.h>

#include <cstddef>

namespace bitcoin_support {

/// Lives until the ArrayBuffer's memory is finalized, on the thread that made it. JavaScript may transfer an
/// ArrayBuffer's memory to another ArrayBuffer, also in another thread. Such memory stays mapped until the
/// other one is collected, and for ever when this thread has ended by then.
///
///     kVisible ◀──SetIdle()──▶ kIdle       Retire(): ──▶ kRetired      TakeBack(): ──▶ kTaken
class SecureRegion {
 public:
  /// Gets to know when a region is finalized.
  class Owner {
   public:
    /// Afterwards the region gives its memory back, unless that was taken back before.
    virtual void OnFinalized(SecureRegion& region) = 0;

   protected:
    ~Owner() = default;
  };

  enum class State {
    kVisible,  ///< JavaScript may see the pages
    kIdle,     ///< only the library has the ArrayBuffer: programs do not see the pages
    kRetired,  ///< ordinary pages have taken the place of the pool's, which something may still touch
    kTaken,    ///< the memory belongs to the caller of TakeBack()
  };

  /// Makes an ArrayBuffer over the first `length` bytes, at least one, of a region of the locked pool.
  /// @returns null when that fails; then the caller keeps the memory
  static SecureRegion* MakeArrayBuffer(Napi::Env env, Owner* owner, void* memory, size_t size, size_t length,
                                       napi_value* buffer);

  SecureRegion(const SecureRegion&) = delete;
  SecureRegion& operator=(const SecureRegion&) = delete;

  void* memory() const { return m_memory; }
  size_t size() const { return m_size; }
  void set_owner(Owner* owner) { m_owner = owner; }

  /// Whether only the library has the ArrayBuffer. Do not call it after Retire() or TakeBack().
  void SetIdle(bool idle) { m_state = idle ? State::kIdle : State::kVisible; }

  /// Wipes the bytes of the ArrayBuffer, and detaches `buffer`, which has the memory now. The memory belongs
  /// to the caller then. @returns false when `buffer` does not have the memory
  bool TakeBack(napi_env env, napi_value buffer);

  /// Wipes the bytes of the ArrayBuffer and gives the pages back to the pool. The addresses stay mapped, to
  /// ordinary pages, until the ArrayBuffer that has them now is collected.
  void Retire();

 private:
  SecureRegion(Owner* owner, void* memory, size_t size, size_t length)
      : m_owner(owner), m_memory(memory), m_size(size), m_length(length) {}
  ~SecureRegion() = default;

  static void OnFinalized(napi_env env, void* data, void* self);
  void GiveBack(napi_env env) const;

  Owner* m_owner;
  void* const m_memory;
  const size_t m_size;
  const size_t m_length;
  State m_state = State::kVisible;
};

/// Wipes and returns a region of the locked pool.
void FreeLockedRegion(void* memory, size_t size);

}  // namespace bitcoin_support
