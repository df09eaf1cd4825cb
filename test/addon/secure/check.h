// A small test framework. The mocha drivers run each test in a process of its own.
#pragma once

#include <stdexcept>
#include <string>

namespace bitcoin_support::test {

using TestFunction = void (*)();

/// How a test's process must end.
enum class Ending {
  kNormal,  ///< normally
  kFatal,   ///< by a signal
};

/// Registers a test when the program starts.
struct Registration {
  Registration(const char* name, TestFunction function, Ending ending);
};

[[noreturn]] inline void Fail(const char* condition, const char* file, int line) {
  throw std::runtime_error(std::string(file) + ":" + std::to_string(line) + ": " + condition);
}

/// Whether `function` throws an `Exception`.
template <typename Exception, typename Function>
bool Throws(Function function) {
  try {
    function();
  } catch (const Exception&) {
    return true;
  }
  return false;
}

}  // namespace bitcoin_support::test

#define CHECK_JOIN_(a, b) a##b
#define CHECK_JOIN(a, b) CHECK_JOIN_(a, b)
#define TEST_THAT_ENDS(name, ending)                                                       \
  static void CHECK_JOIN(Test, __LINE__)();                                                \
  static const ::bitcoin_support::test::Registration CHECK_JOIN(g_registration, __LINE__)( \
      name, CHECK_JOIN(Test, __LINE__), ending);                                           \
  static void CHECK_JOIN(Test, __LINE__)()
/// TEST("what it shows") { ... }
#define TEST(name) TEST_THAT_ENDS(name, ::bitcoin_support::test::Ending::kNormal)
/// The same for a test that ends by a signal.
#define FATAL_TEST(name) TEST_THAT_ENDS(name, ::bitcoin_support::test::Ending::kFatal)
#define CHECK(condition)              \
  ((condition) ? static_cast<void>(0) \
               : ::bitcoin_support::test::Fail("CHECK(" #condition ")", __FILE__, __LINE__))
