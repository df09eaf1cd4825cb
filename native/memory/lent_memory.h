// The locked pages that `use()` lends to JavaScript.
#pragma once

#include <napi.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "memory/secure_region.h"
#include "secure/secure_buffer_table.h"

namespace bitcoin_support {

class Environment;

/// Each environment has one. To get pages from the system costs a hundred times what lending them costs, so a
/// few stay with the thread: wiped, and counted as free in the pool's statistics.
///
/// Each place has pages and an ArrayBuffer over them. While nothing is lent, JavaScript keeps the ArrayBuffer
/// to itself. To lend, it transfers the memory to a new ArrayBuffer, and afterwards back: so the one that a
/// function was given is detached, and no call leaves anything behind in Node.
///
/// A function may hand the bytes to work that goes on after it has returned: fs.write() gives their address
/// to another thread. Such pages are not lent again: ordinary ones take their place.
class LentMemory final : public SecureRegion::Owner {
 public:
  LentMemory() = default;
  ~LentMemory();
  LentMemory(const LentMemory&) = delete;
  LentMemory& operator=(const LentMemory&) = delete;

  void OnFinalized(SecureRegion& region) override;

  /// Whether a copy of the buffer's content is lent, in any thread, in pages that could not be locked.
  static bool IsLentUnlocked(BufferNumber number);

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  enum class State {
    kEmpty,  ///< no pages
    kLent,
    kIdle,
  };
  struct Place {
    State state = State::kEmpty;
    void* memory = nullptr;
    size_t size = 0;
    bool locked = false;
    SecureRegion* region = nullptr;  ///< null before MakeArrayBuffer()
    BufferNumber lent = 0;
    unsigned requests = 0;  ///< pending when it was lent
  };

  /// How many places a thread keeps, and the most bytes of each.
  static constexpr size_t kKept = 4;
  static constexpr size_t kLargestKept = 64 * 1024;

  struct Loan {
    size_t place;
    size_t length;  ///< of the content
  };

  /// Copies a buffer's content to pages that nobody sees. @returns nothing when the buffer is not open or
  /// there is no memory.
  std::optional<Loan> Lend(napi_env env, BufferNumber number);
  /// Makes the ArrayBuffer of a place that has none yet. @returns undefined when that fails; then the loan
  /// has ended.
  Napi::Value MakeArrayBuffer(Napi::Env env, size_t place);
  /// Wipes the pages, whichever ArrayBuffer has them now, and ends the loan. `over`: the function says that
  /// all it began is over, so that requests which are pending now may be others.
  double TakeBack(napi_env env, size_t place, bool over);
  /// The lent ArrayBuffer has lost the place's memory: it comes back when it is collected.
  void ForgetMoved(size_t place);
  /// Call it when TakeBack() has returned kRetireLent.
  void Retire(size_t place);
  /// Gives the pages of a place back to the pool, and detaches `buffer`, which JavaScript has kept.
  void Free(napi_env env, size_t place, napi_value buffer);

  Place* Take(size_t size);
  void EndLoan(Place& place);
  double Keep(const Place& place) const;
  Place* Find(size_t place, State state);
  size_t NumberOf(const Place& place) const { return static_cast<size_t>(&place - m_places.data()); }

  static Napi::Value LendNapi(const Napi::CallbackInfo& info);
  static Napi::Value ShowNapi(const Napi::CallbackInfo& info);
  static Napi::Value ReleaseNapi(const Napi::CallbackInfo& info);
  static Napi::Value TakeBackNapi(const Napi::CallbackInfo& info);
  static Napi::Value LoseNapi(const Napi::CallbackInfo& info);
  static Napi::Value RetireNapi(const Napi::CallbackInfo& info);
  static Napi::Value FreeNapi(const Napi::CallbackInfo& info);

  std::vector<Place> m_places;
};

}  // namespace bitcoin_support
