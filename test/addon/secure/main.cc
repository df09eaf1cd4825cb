// secure_memory_tests                runs all tests that end normally
// secure_memory_tests --list         prints the names of all tests
// secure_memory_tests <name>         runs one
#include <cstdio>
#include <cstring>
#include <exception>
#include <vector>

#include "check.h"

namespace bitcoin_support::test {
namespace {

struct Test {
  const char* name;
  TestFunction function;
  Ending ending;
};

std::vector<Test>& Tests() {
  static std::vector<Test> tests;
  return tests;
}

bool Run(const Test& test) {
  try {
    test.function();
  } catch (const std::exception& error) {
    std::printf("not ok - %s\n  %s\n", test.name, error.what());
    return false;
  }
  std::printf("ok - %s\n", test.name);
  return true;
}

int Main(int count, char** arguments) {
  if (count == 2 && std::strcmp(arguments[1], "--list") == 0) {
    for (const Test& test : Tests()) std::puts(test.name);
    return 0;
  }
  bool found = false;
  bool passed = true;
  for (const Test& test : Tests()) {
    const bool wanted =
        count == 2 ? std::strcmp(arguments[1], test.name) == 0 : test.ending == Ending::kNormal;
    if (!wanted) continue;
    found = true;
    passed = Run(test) && passed;
    // A later test may end the process.
    std::fflush(stdout);
  }
  if (!found) std::fputs("no such test\n", stderr);
  return found && passed ? 0 : 1;
}

}  // namespace

Registration::Registration(const char* name, TestFunction function, Ending ending) {
  Tests().push_back({name, function, ending});
}

}  // namespace bitcoin_support::test

int main(int count, char** arguments) { return bitcoin_support::test::Main(count, arguments); }
