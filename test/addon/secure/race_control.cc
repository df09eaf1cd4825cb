// A data race that ThreadSanitizer must find, to show that it would find one in the code under test.
#include <thread>

#include "check.h"

namespace bitcoin_support::test {
namespace {

FATAL_TEST("control: two threads race for a plain number") {
  int number = 0;
  std::thread other([&] { number = 1; });
  number = 2;
  other.join();
  CHECK(number != 0);
}

}  // namespace
}  // namespace bitcoin_support::test
