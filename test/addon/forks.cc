#include "forks.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace bitcoin_support::test {
namespace {

// In seconds, after which a child is ended: it may wait for a thread that exists only in the parent.
constexpr unsigned kStuckAfter = 20;

// Lets a child inherit V8's heap. Node's builds for Linux forbid that (MADV_DONTFORK) for the sake of a quick
// spawn(), so that JavaScript ends with SIGSEGV in a child; other builds and systems do not. Mappings that
// are not in core dumps either (MADV_DONTDUMP) are not the heap but secrets, and are not inherited.
class SharedHeap {
 public:
  SharedHeap() {
#ifdef __linux__
    std::ifstream maps("/proc/self/smaps");
    uintptr_t begin = 0;
    uintptr_t end = 0;
    char dash = 0;
    for (std::string line; std::getline(maps, line);) {
      std::istringstream words(line);
      if (std::isupper(static_cast<unsigned char>(line[0])) == 0) {
        words >> std::hex >> begin >> dash >> end;
      } else if (line.starts_with("VmFlags:") && line.find(" dc") != std::string::npos &&
                 line.find(" dd") == std::string::npos) {
        m_regions.emplace_back(reinterpret_cast<void*>(begin), end - begin);
      }
    }
    for (const auto& [address, size] : m_regions) madvise(address, size, MADV_DOFORK);
#endif
  }
  ~SharedHeap() {
#ifdef __linux__
    for (const auto& [address, size] : m_regions) madvise(address, size, MADV_DONTFORK);
#endif
  }
  SharedHeap(const SharedHeap&) = delete;
  SharedHeap& operator=(const SharedHeap&) = delete;

 private:
  std::vector<std::pair<void*, size_t>> m_regions;
};

[[noreturn]] void RunChild(const Napi::Function& function, int out) {
  alarm(kStuckAfter);
  std::string text;
  try {
    text = function.Call({}).ToString().Utf8Value();
  } catch (const Napi::Error& error) {
    text = "thrown: " + error.Message();
  }
  for (size_t written = 0; written < text.size();) {
    const ssize_t count = write(out, text.data() + written, text.size() - written);
    if (count < 0) break;
    written += static_cast<size_t>(count);
  }
  // Without Node's exit handlers: its other threads do not exist here.
  _exit(0);
}

// (function) -> [status of the child from waitpid(); what the function returned in it]
Napi::Value CallInForkNapi(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  std::array<int, 2> fds{};
  if (pipe(fds.data()) != 0) throw Napi::Error::New(env, std::strerror(errno));
  const SharedHeap shared;
  const pid_t child = fork();
  if (child < 0) throw Napi::Error::New(env, std::strerror(errno));
  if (child == 0) RunChild(info[0].As<Napi::Function>(), fds[1]);
  close(fds[1]);
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t count = 0; (count = read(fds[0], part.data(), part.size())) > 0;) {
    text.append(part.data(), static_cast<size_t>(count));
  }
  close(fds[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const Napi::Array result = Napi::Array::New(env, 2);
  result.Set(0u, Napi::Number::New(env, status));
  result.Set(1u, Napi::String::New(env, text));
  return result;
}

}  // namespace

void ExportForks(Napi::Env env, Napi::Object exports) {
  exports.Set("callInFork", Napi::Function::New<CallInForkNapi>(env, "callInFork"));
}

}  // namespace bitcoin_support::test
