// Locked pages that an ArrayBuffer shows.
#pragma once

#include <napi.h>

#include <cstddef>

namespace bitcoin_support {

/// Lives until its ArrayBuffer's memory has been finalized, and belongs to the thread that made it.
/// JavaScript may move an ArrayBuffer's memory to another one, and that to another thread: such memory stays
/// mapped until the other one is collected, and for ever when this thread has ended by then.
class SecureRegion {
 public:
  /// Learns of the end of regions that were not taken back.
  class Owner {
   public:
    /// Its memory, if it has any, is wiped and given back afterwards.
    virtual void OnFinalized(SecureRegion& region) = 0;

   protected:
    ~Owner() = default;
  };

  enum class State {
    kShown,    ///< JavaScript sees the pages, or may
    kIdle,     ///< only the library has the ArrayBuffer: JavaScript sees nothing of it
    kRetired,  ///< ordinary pages are in the place of the pool's, for who might still touch them
    kTaken,    ///< the memory is the caller's, who has taken it back
  };

  /// Has a new ArrayBuffer show the first `length` bytes, at least one, of a region of the locked pool.
  /// @returns null, and the memory stays the caller's, when there is none to be had.
  static SecureRegion* Show(Napi::Env env, Owner* owner, void* memory, size_t size, size_t length,
                            napi_value* buffer);

  SecureRegion(const SecureRegion&) = delete;
  SecureRegion& operator=(const SecureRegion&) = delete;

  void* memory() const { return m_memory; }
  size_t size() const { return m_size; }
  void set_owner(Owner* owner) { m_owner = owner; }

  /// Says whether the library alone has the ArrayBuffer. Not for one that is retired or taken.
  void SetIdle(bool idle) { m_state = idle ? State::kIdle : State::kShown; }

  /// Wipes what could be seen, and detaches `buffer`, in which the memory is now. @returns false when it is
  /// not in there any more. Otherwise the memory is the caller's.
  bool TakeBack(napi_env env, napi_value buffer);

  /// Wipes what could be seen and gives the pages back to the pool; the addresses stay mapped, to nothing of
  /// the pool's, until the ArrayBuffer that has them now is collected.
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
  State m_state = State::kShown;
};

/// Wipes and returns a region of the locked pool.
void FreeLockedRegion(void* memory, size_t size);

}  // namespace bitcoin_support
