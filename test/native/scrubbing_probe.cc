// The addon hides its symbols, so this compiles what it tests once more, into one unit: here the optimizer
// sees through MemoryCleanse() and has every chance to remove a wipe that nobody reads.
#include "scrubbing_probe.h"

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "memory_scanner.h"
#include "napi/arguments.h"

// clang-format off: the order is that of dependence
#include "secure/memory_cleanse.cc"
#include "libevent/memory_reserve.cc"
#include "libevent/thread_heap.cc"
#include "libevent/scrubbing_heap.cc"
// clang-format on

namespace bitcoin_support::test {
namespace {

// So long that no pointer or size that an allocator leaves in a block is taken for it.
constexpr std::uint64_t kPattern = 0xa5c3'965a'3c69'd21e;

void Fill(void* block, std::size_t size) {
  auto* const words = static_cast<volatile std::uint64_t*>(block);
  for (std::size_t i = 0; i < size / sizeof kPattern; ++i) words[i] = kPattern;
}

std::size_t CountPattern(const void* words, std::size_t size) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < size / sizeof kPattern; ++i) {
    count += static_cast<const volatile std::uint64_t*>(words)[i] == kPattern ? 1 : 0;
  }
  return count;
}

// Looks at memory that is no longer ours, through the kernel: C++ itself may not. What has been unmapped
// holds nothing.
std::size_t CountLeft(std::uintptr_t address, std::size_t size) {
  thread_local std::vector<std::uint64_t> copy(std::size_t{1} << 18);
  const std::size_t wanted = size < copy.size() * sizeof kPattern ? size : copy.size() * sizeof kPattern;
  const std::size_t count = ReadMemory(address, copy.data(), wanted);
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
Napi::Value FreedBlock(const Napi::CallbackInfo& info) {
  const auto size = static_cast<std::size_t>(NumberArg(info, 0));
  const bool scrub = BoolArg(info, 1);
  Prepare();
  void* const block = scrub ? ScrubbingMalloc(size) : std::malloc(size);
  // Beyond what was asked for: all that the block has is wiped.
  const std::size_t usable = UsableSize(block);
  Fill(block, usable);
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  const std::size_t filled = CountLeft(address, usable);
  if (scrub) {
    ScrubbingFree(block);
  } else {
    std::free(block);
  }
  return Result(info, {static_cast<double>(filled), static_cast<double>(CountLeft(address, usable))});
}

// (size, cleanse) -> [words filled, words left when a plain block has been wiped or not, and freed]
Napi::Value WipedBlock(const Napi::CallbackInfo& info) {
  const auto size = static_cast<std::size_t>(NumberArg(info, 0));
  const bool cleanse = BoolArg(info, 1);
  Prepare();
  void* const block = std::malloc(size);
  Fill(block, size);
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  const std::size_t filled = CountLeft(address, size);
  if (cleanse) MemoryCleanse(block, size);
  std::free(block);
  return Result(info, {static_cast<double>(filled), static_cast<double>(CountLeft(address, size))});
}

constexpr std::size_t kFrame = 16 * 1024;

[[gnu::noinline]] std::uintptr_t UseStack(bool cleanse) {
  std::uint64_t secret[kFrame / sizeof(std::uint64_t)];
  // Volatile, so that no compiler takes what is returned for an address to be used.
  const volatile auto address = reinterpret_cast<std::uintptr_t>(&secret);
  Fill(secret, sizeof secret);
  if (cleanse) MemoryCleanse(secret, sizeof secret);
  return address;
}

// (cleanse) -> words left of a returned function's local array
Napi::Value ReturnedFrame(const Napi::CallbackInfo& info) {
  const bool cleanse = BoolArg(info, 0);
  Prepare();
  return Napi::Number::New(info.Env(), static_cast<double>(CountLeft(UseStack(cleanse), kFrame)));
}

// (from, to) -> [whether the block moved, words kept, words left where it was cut off]
Napi::Value ReallocatedBlock(const Napi::CallbackInfo& info) {
  const auto from = static_cast<std::size_t>(NumberArg(info, 0));
  const auto to = static_cast<std::size_t>(NumberArg(info, 1));
  Prepare();
  void* const block = ScrubbingMalloc(from);
  const std::size_t usable = UsableSize(block);
  Fill(block, usable);
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  void* const other = ScrubbingRealloc(block, to);
  const auto where = reinterpret_cast<std::uintptr_t>(other);
  const std::size_t kept = CountPattern(other, to < from ? to : from);
  const std::size_t left =
      where == address ? CountLeft(address + (to + 7) / 8 * 8, usable - to) : CountLeft(address, usable);
  ScrubbingFree(other);
  return Result(info, {where == address ? 0.0 : 1.0, static_cast<double>(kept), static_cast<double>(left)});
}

// (from, to), where `to` is more than there is -> [whether it failed, words that are still there]
Napi::Value FailedReallocation(const Napi::CallbackInfo& info) {
  const auto from = static_cast<std::size_t>(NumberArg(info, 0));
  void* const block = ScrubbingMalloc(from);
  Fill(block, from);
  void* const other = ScrubbingRealloc(block, static_cast<std::size_t>(NumberArg(info, 1)));
  const std::size_t kept = CountPattern(block, from);
  ScrubbingFree(block);
  return Result(info, {other == nullptr ? 1.0 : 0.0, static_cast<double>(kept)});
}

// () -> what the count of live blocks rises by: for a block, for its reallocation, for a null that is
// reallocated, and when both have been freed and null too
Napi::Value BlockCounts(const Napi::CallbackInfo& info) {
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
Napi::Value CleanseNothing(const Napi::CallbackInfo& info) {
  MemoryCleanse(nullptr, 0);
  return info.Env().Undefined();
}

}  // namespace

void ExportScrubbingProbe(Napi::Env env, Napi::Object exports) {
  exports.Set("freedBlock", Napi::Function::New<FreedBlock>(env, "freedBlock"));
  exports.Set("wipedBlock", Napi::Function::New<WipedBlock>(env, "wipedBlock"));
  exports.Set("returnedFrame", Napi::Function::New<ReturnedFrame>(env, "returnedFrame"));
  exports.Set("reallocatedBlock", Napi::Function::New<ReallocatedBlock>(env, "reallocatedBlock"));
  exports.Set("failedReallocation", Napi::Function::New<FailedReallocation>(env, "failedReallocation"));
  exports.Set("blockCounts", Napi::Function::New<BlockCounts>(env, "blockCounts"));
  exports.Set("cleanseNothing", Napi::Function::New<CleanseNothing>(env, "cleanseNothing"));
}

}  // namespace bitcoin_support::test
