// The locked pages that `use()` lends to JavaScript.
#pragma once

#include <napi.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "memory/secure_region.h"
#include "secure/secure_buffer_table.h"

namespace bitcoin_support {

/// One for each environment. Getting pages from the system costs a hundred times what lending them does, so a
/// few stay with the thread: wiped, and counted as free in the pool's stats.
///
/// Each place has pages and an ArrayBuffer that shows them. JavaScript keeps the ArrayBuffer while nothing is
/// lent; to lend, it moves the memory to a new one, and afterwards back, so that what a function was given
/// shows nothing any more, and no call leaves anything behind in Node.
///
/// A function may hand the bytes to what goes on when it has returned: fs.write() gives their address to
/// another thread. Such pages are not lent again: ordinary ones take their place.
class LentMemory final : public SecureRegion::Owner {
 public:
  struct Loan {
    size_t place;
    size_t length;  ///< of the content
  };
  /// What becomes of a place when its loan has ended; anything else is the number of a place to free.
  static constexpr double kKeep = -1;
  static constexpr double kRetire = -2;

  LentMemory() = default;
  ~LentMemory();
  LentMemory(const LentMemory&) = delete;
  LentMemory& operator=(const LentMemory&) = delete;

  /// Copies a buffer's content to pages that nobody sees. @returns nothing when the buffer is not open or
  /// there is no memory.
  std::optional<Loan> Lend(napi_env env, BufferNumber number);

  /// The ArrayBuffer of a place that has none yet. @returns undefined, and the loan has ended, when there is
  /// none to be had.
  Napi::Value Show(Napi::Env env, size_t place);

  /// Wipes what was lent, wherever it is shown now, and ends the loan. With `over` the function has told that
  /// all that it began is over, and other requests may be pending.
  double TakeBack(napi_env env, size_t place, bool over);

  /// For a place whose memory is not in the ArrayBuffer that was lent: it comes back when it is collected.
  void Lose(size_t place);
  /// For kRetire.
  void Retire(size_t place);
  /// Gives the pages of a place back to the pool, and takes them from `buffer`, which JavaScript has kept.
  void Free(napi_env env, size_t place, napi_value buffer);

  void OnFinalized(SecureRegion& region) override;

  /// Whether a copy of the buffer's content is lent, in any thread, in pages that could not be locked.
  static bool IsLentUnlocked(BufferNumber number);

 private:
  enum class State {
    kEmpty,  ///< it has no pages
    kLent,
    kIdle,
  };
  struct Place {
    State state = State::kEmpty;
    void* memory = nullptr;
    size_t size = 0;
    bool locked = false;
    SecureRegion* region = nullptr;  // null until it is shown
    size_t length = 0;               // of what is lent
    BufferNumber lent = 0;
    unsigned requests = 0;  // pending ones when it was lent
  };

  /// What a thread keeps: so many, each of at most so many bytes.
  static constexpr size_t kKept = 4;
  static constexpr size_t kLargestKept = 64 * 1024;

  Place* Take(size_t size);
  void EndLoan(Place& place);
  double Keep(const Place& place) const;
  Place* Find(size_t place, State state);
  size_t NumberOf(const Place& place) const { return static_cast<size_t>(&place - m_places.data()); }

  std::vector<Place> m_places;
};

}  // namespace bitcoin_support
