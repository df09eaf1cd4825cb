// The addon hides its symbols, so this file compiles the code under test again, in one unit. Here the
// optimizer sees the body of MemoryCleanse(), and could remove a wipe that nobody reads.
#include "scrubbing_probe.h"

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "memory_scanner.h"
#include "napi/arguments.h"

// clang-format off: in order of dependence
#include "secure/memory_cleanse.cc"
#include "libevent/memory_reserve.cc"
#include "libevent/thread_heap.cc"
#include "libevent/scrubbing_heap.cc"
// clang-format on

namespace bitcoin_support::test {
namespace {

// Too long to be mistaken for a pointer or a size that an allocator leaves in a block.
constexpr uint64_t kPattern = 0xa5c3'965a'3c69'd21e;

void Fill(void* block, size_t size) {
  auto* const words = static_cast<volatile uint64_t*>(block);
  for (size_t i = 0; i < size / sizeof kPattern; ++i) words[i] = kPattern;
}

size_t CountPattern(const void* words, size_t size) {
  size_t count = 0;
  for (size_t i = 0; i < size / sizeof kPattern; ++i) {
    count += static_cast<const volatile uint64_t*>(words)[i] == kPattern ? 1 : 0;
  }
  return count;
}

// Reads freed memory through the kernel, since C++ itself may not. Unmapped memory has no words.
size_t CountLeft(uintptr_t address, size_t size) {
  thread_local std::vector<uint64_t> copy(size_t{1} << 18);
  const size_t wanted = size < copy.size() * sizeof kPattern ? size : copy.size() * sizeof kPattern;
  const size_t count = ReadMemory(address, copy.data(), wanted);
  return CountPattern(copy.data(), count);
}

// A first call makes room for the copies, so that no later one allocates between a free and its reading.
void Prepare() { CountLeft(0, 0); }

Napi::Value Result(const Napi::CallbackInfo& info, std::initializer_list<double> numbers) {
  const Napi::Array result = Napi::Array::New(info.Env(), numbers.size());
  uint32_t index = 0;
  for (const double number : numbers) result.Set(index++, Napi::Number::New(info.Env(), number));
  return result;
}

// (size, scrub) -> [words filled, words left when the block has been freed]
Napi::Value FreedBlockNapi(const Napi::CallbackInfo& info) {
  const auto size = static_cast<size_t>(NumberArg(info, 0));
  const bool scrub = BoolArg(info, 1);
  Prepare();
  void* const block = scrub ? ScrubbingMalloc(size) : std::malloc(size);
  // The whole block, also beyond the size that was asked for.
  const size_t usable = UsableSize(block);
  Fill(block, usable);
  const auto address = reinterpret_cast<uintptr_t>(block);
  const size_t filled = CountLeft(address, usable);
  if (scrub) {
    ScrubbingFree(block);
  } else {
    std::free(block);
  }
  return Result(info, {static_cast<double>(filled), static_cast<double>(CountLeft(address, usable))});
}

// (size, cleanse) -> [words filled, words left when a plain block has been wiped or not, and freed]
Napi::Value WipedBlockNapi(const Napi::CallbackInfo& info) {
  const auto size = static_cast<size_t>(NumberArg(info, 0));
  const bool cleanse = BoolArg(info, 1);
  Prepare();
  void* const block = std::malloc(size);
  Fill(block, size);
  const auto address = reinterpret_cast<uintptr_t>(block);
  const size_t filled = CountLeft(address, size);
  if (cleanse) MemoryCleanse(block, size);
  std::free(block);
  return Result(info, {static_cast<double>(filled), static_cast<double>(CountLeft(address, size))});
}

constexpr size_t kFrame = 16 * 1024;

[[gnu::noinline]] uintptr_t UseStack(bool cleanse) {
  uint64_t secret[kFrame / sizeof(uint64_t)];
  // Volatile, since a compiler may return null instead of the address of a local.
  const volatile auto address = reinterpret_cast<uintptr_t>(&secret);
  Fill(secret, sizeof secret);
  if (cleanse) MemoryCleanse(secret, sizeof secret);
  return address;
}

// (cleanse) -> words left of a returned function's local array
Napi::Value ReturnedFrameNapi(const Napi::CallbackInfo& info) {
  const bool cleanse = BoolArg(info, 0);
  Prepare();
  return Napi::Number::New(info.Env(), static_cast<double>(CountLeft(UseStack(cleanse), kFrame)));
}

// (from, to) -> [whether the block moved, words kept, words left where it was cut off]
Napi::Value ReallocatedBlockNapi(const Napi::CallbackInfo& info) {
  const auto from = static_cast<size_t>(NumberArg(info, 0));
  const auto to = static_cast<size_t>(NumberArg(info, 1));
  Prepare();
  void* const block = ScrubbingMalloc(from);
  const size_t usable = UsableSize(block);
  Fill(block, usable);
  const auto address = reinterpret_cast<uintptr_t>(block);
  void* const other = ScrubbingRealloc(block, to);
  const auto where = reinterpret_cast<uintptr_t>(other);
  const size_t kept = CountPattern(other, to < from ? to : from);
  const size_t left =
      where == address ? CountLeft(address + (to + 7) / 8 * 8, usable - to) : CountLeft(address, usable);
  ScrubbingFree(other);
  return Result(info, {where == address ? 0.0 : 1.0, static_cast<double>(kept), static_cast<double>(left)});
}

// (from, to), with `to` more than there is -> [whether it failed, words that are still there]
Napi::Value FailedReallocationNapi(const Napi::CallbackInfo& info) {
  const auto from = static_cast<size_t>(NumberArg(info, 0));
  void* const block = ScrubbingMalloc(from);
  Fill(block, from);
  void* const other = ScrubbingRealloc(block, static_cast<size_t>(NumberArg(info, 1)));
  const size_t kept = CountPattern(block, from);
  ScrubbingFree(block);
  return Result(info, {other == nullptr ? 1.0 : 0.0, static_cast<double>(kept)});
}

// () -> what the count of live blocks rises by: for a block, for its reallocation, for a null that is
// reallocated, and when both have been freed and null too
Napi::Value BlockCountsNapi(const Napi::CallbackInfo& info) {
  const auto start = static_cast<double>(ScrubbingLiveBlocks());
  const auto rise = [start] { return static_cast<double>(ScrubbingLiveBlocks()) - start; };
  void* block = ScrubbingMalloc(100);
  const double allocated = rise();
  block = ScrubbingRealloc(block, 10'000);
  const double reallocated = rise();
  void* const second = ScrubbingRealloc(nullptr, 100);
  const double second_allocated = rise();
  ScrubbingFree(block);
  ScrubbingFree(second);
  ScrubbingFree(nullptr);
  return Result(info, {allocated, reallocated, second_allocated, rise()});
}

// () -> does what the C library promises for nothing
Napi::Value CleanseNothingNapi(const Napi::CallbackInfo& info) {
  MemoryCleanse(nullptr, 0);
  return info.Env().Undefined();
}

}  // namespace

void ExportScrubbingProbe(Napi::Env env, Napi::Object exports) {
  exports.Set("freedBlock", Napi::Function::New<FreedBlockNapi>(env, "freedBlock"));
  exports.Set("wipedBlock", Napi::Function::New<WipedBlockNapi>(env, "wipedBlock"));
  exports.Set("returnedFrame", Napi::Function::New<ReturnedFrameNapi>(env, "returnedFrame"));
  exports.Set("reallocatedBlock", Napi::Function::New<ReallocatedBlockNapi>(env, "reallocatedBlock"));
  exports.Set("failedReallocation", Napi::Function::New<FailedReallocationNapi>(env, "failedReallocation"));
  exports.Set("blockCounts", Napi::Function::New<BlockCountsNapi>(env, "blockCounts"));
  exports.Set("cleanseNothing", Napi::Function::New<CleanseNothingNapi>(env, "cleanseNothing"));
}

}  // namespace bitcoin_support::test
