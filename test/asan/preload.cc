// Preloaded into every process of a test run on the Asan build. It brings AddressSanitizer's runtime into
// Node, and into nothing else: curl, for one, hangs at its first setlocale() when the runtime of GCC 12 is
// preloaded.
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <string>

namespace {

/// The file name of the program that runs in this process.
std::string ProgramName() {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  const std::string program(path, length > 0 ? static_cast<size_t>(length) : 0);
  return program.substr(program.rfind('/') + 1);
}

/// glibc hands constructors the arguments of main().
[[gnu::constructor]] void BringRuntimeIntoNode(int, char** argv, char**) {
  const char* runtime = getenv("BITCOIN_SUPPORT_ASAN_RUNTIME");
  const char* preload = getenv("LD_PRELOAD");
  if (runtime == nullptr || preload == nullptr || ProgramName() != "node") return;

  const std::string first = std::string(runtime) + ":";
  const std::string libraries = preload;
  if (libraries.starts_with(first)) {
    // It is here: the children start without it and decide for themselves.
    setenv("LD_PRELOAD", libraries.substr(first.size()).c_str(), 1);
    return;
  }
  // The runtime has to be there before everything else, so the program starts once more.
  setenv("LD_PRELOAD", (first + libraries).c_str(), 1);
  execv("/proc/self/exe", argv);
  _exit(127);
}

}  // namespace
