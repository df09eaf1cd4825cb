#include "secure_probe.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "memory_scanner.h"
#include "napi/arguments.h"

namespace bitcoin_support::test {
namespace {

struct Marker {
  std::string name;
  std::vector<unsigned char> disguised;
  unsigned char key;

  size_t Count() const { return FindInMemory(disguised.data(), disguised.size(), key).size(); }
};

// Never destroyed: the exit handler reads it.
std::vector<Marker>& Watched() {
  static auto* const watched = new std::vector<Marker>;
  return *watched;
}

// Plain values, since a signal handler reads them.
struct Watch {
  const volatile unsigned char* address = nullptr;
  size_t size = 0;
};
Watch g_watch;

Marker MarkerArgs(const Napi::CallbackInfo& info, size_t index) {
  const auto bytes = info[index].As<Napi::Uint8Array>();
  return {"", std::vector<unsigned char>(bytes.Data(), bytes.Data() + bytes.ByteLength()),
          static_cast<unsigned char>(IntArg(info, index + 1))};
}

volatile unsigned char* AddressArg(const Napi::CallbackInfo& info, size_t index) {
  return reinterpret_cast<volatile unsigned char*>(static_cast<uintptr_t>(NumberArg(info, index)));
}

void Say(const char* text, size_t length) {
  // A failure shows in the test, which waits for the line.
  [[maybe_unused]] const auto written = write(STDOUT_FILENO, text, length);
}

void TellAtExit() {
  for (const Marker& marker : Watched()) {
    const std::string line =
        "{\"atExit\":\"" + marker.name + "\",\"count\":" + std::to_string(marker.Count()) + "}\n";
    Say(line.data(), line.size());
  }
}

// Makes only calls that are async-signal-safe.
void TellOnSignal(int number) {
  bool zero = true;
  for (size_t i = 0; i < g_watch.size; ++i) zero = zero && g_watch.address[i] == 0;
  static constexpr char kWiped[] = "{\"onSignal\":\"wiped\"}\n";
  static constexpr char kKept[] = "{\"onSignal\":\"kept\"}\n";
  if (zero) {
    Say(kWiped, sizeof kWiped - 1);
  } else {
    Say(kKept, sizeof kKept - 1);
  }
  std::signal(number, SIG_DFL);
  std::raise(number);
}

// (address, byte): writes a byte anywhere
Napi::Value PokeNapi(const Napi::CallbackInfo& info) {
  *AddressArg(info, 0) = static_cast<unsigned char>(IntArg(info, 1));
  return info.Env().Undefined();
}

// (address, length) -> how many of the bytes the kernel can read
Napi::Value ReadableNapi(const Napi::CallbackInfo& info) {
  std::vector<unsigned char> bytes(static_cast<size_t>(NumberArg(info, 1)));
  const size_t count = ReadMemory(static_cast<uintptr_t>(NumberArg(info, 0)), bytes.data(), bytes.size());
  return Napi::Number::New(info.Env(), static_cast<double>(count));
}

// (disguised, key, disguised, key) -> how often a forked child finds each of them
Napi::Value CountInForkNapi(const Napi::CallbackInfo& info) {
  const std::array<Marker, 2> markers{MarkerArgs(info, 0), MarkerArgs(info, 2)};
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw Napi::Error::New(info.Env(), "pipe failed");
  const pid_t pid = fork();
  if (pid < 0) throw Napi::Error::New(info.Env(), "fork failed");
  if (pid == 0) {
    std::array<uint64_t, 2> counts{};
    bool sent = false;
    try {
      for (size_t i = 0; i < counts.size(); ++i) counts[i] = markers[i].Count();
      sent = write(ends[1], counts.data(), sizeof counts) == static_cast<ssize_t>(sizeof counts);
    } catch (const std::exception&) {
      // The status shows it.
    }
    _exit(sent ? 0 : 1);
  }
  close(ends[1]);
  std::array<uint64_t, 2> counts{};
  const ssize_t got = read(ends[0], counts.data(), sizeof counts);
  close(ends[0]);
  int status = -1;
  waitpid(pid, &status, 0);
  if (status != 0 || got != static_cast<ssize_t>(sizeof counts)) {
    throw Napi::Error::New(info.Env(), "the forked child has failed");
  }
  const Napi::Array result = Napi::Array::New(info.Env(), counts.size());
  for (uint32_t i = 0; i < counts.size(); ++i) {
    result.Set(i, Napi::Number::New(info.Env(), static_cast<double>(counts[i])));
  }
  return result;
}

// (): exit handlers run in the reverse order of their registration, so call this before the pool is made
Napi::Value ObserveExitNapi(const Napi::CallbackInfo& info) {
  std::atexit(TellAtExit);
  return info.Env().Undefined();
}

// (name, disguised, key): what ObserveExitNapi() counts then
Napi::Value CountAtExitNapi(const Napi::CallbackInfo& info) {
  Marker marker = MarkerArgs(info, 1);
  marker.name = StringArg(info, 0);
  Watched().push_back(std::move(marker));
  return info.Env().Undefined();
}

// (disguised, key): keeps the marker in the clear until the process ends, in memory that Node does not free
Napi::Value LeakNapi(const Napi::CallbackInfo& info) {
  static auto* const leaked = new std::vector<std::vector<unsigned char>>;
  const Marker marker = MarkerArgs(info, 0);
  std::vector<unsigned char>& bytes = leaked->emplace_back(marker.disguised.size());
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = marker.disguised[i] ^ marker.key;
  return info.Env().Undefined();
}

// (signal): when it arrives, prints on stdout whether the watched bytes are zero, and lets it end the process
Napi::Value ObserveSignalNapi(const Napi::CallbackInfo& info) {
  struct sigaction action{};
  action.sa_handler = TellOnSignal;
  if (sigaction(IntArg(info, 0), &action, nullptr) != 0)
    throw Napi::Error::New(info.Env(), "sigaction failed");
  return info.Env().Undefined();
}

// (address, length): the bytes that ObserveSignalNapi() watches
Napi::Value WatchBytesNapi(const Napi::CallbackInfo& info) {
  g_watch = {AddressArg(info, 0), static_cast<size_t>(NumberArg(info, 1))};
  return info.Env().Undefined();
}

}  // namespace

void ExportSecureProbe(Napi::Env env, Napi::Object exports) {
  exports.Set("poke", Napi::Function::New<PokeNapi>(env, "poke"));
  exports.Set("readable", Napi::Function::New<ReadableNapi>(env, "readable"));
  exports.Set("countInFork", Napi::Function::New<CountInForkNapi>(env, "countInFork"));
  exports.Set("observeExit", Napi::Function::New<ObserveExitNapi>(env, "observeExit"));
  exports.Set("countAtExit", Napi::Function::New<CountAtExitNapi>(env, "countAtExit"));
  exports.Set("leak", Napi::Function::New<LeakNapi>(env, "leak"));
  exports.Set("observeSignal", Napi::Function::New<ObserveSignalNapi>(env, "observeSignal"));
  exports.Set("watchBytes", Napi::Function::New<WatchBytesNapi>(env, "watchBytes"));
}

}  // namespace bitcoin_support::test
