// Compares secrets under valgrind's memcheck, with the bytes and lengths of the buffers marked as undefined.
// memcheck reports every branch and every address that depends on them, so the time of a comparison without a
// report does not depend on them. The argument says which comparison; `memcmp` is the control, which must be
// reported.
#include <valgrind/memcheck.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <vector>

#include "secure/locked_pool_manager.h"
#include "secure/secure_buffer.h"

namespace {

using namespace bitcoin_support;

constexpr size_t kCapacity = 1000;
constexpr size_t kOtherCapacity = 333;
constexpr size_t kLength = 333;

BufferNumber Secret(size_t capacity) {
  const BufferNumber number = SecureBufferTable::Instance().New(capacity);
  const std::vector<unsigned char> bytes(kLength, 0x5a);
  if (number == 0 || !SecureBuffer(number).Write(bytes)) std::abort();
  ControlBlock& block = *SecureBufferTable::Instance().Find(number);
  VALGRIND_MAKE_MEM_UNDEFINED(block.slot.data, capacity);
  VALGRIND_MAKE_MEM_UNDEFINED(&block.length, sizeof block.length);
  return number;
}

// The result itself is no secret.
int Say(std::optional<bool> answer) {
  VALGRIND_MAKE_MEM_DEFINED(&answer, sizeof answer);
  std::printf("%s\n", answer.value() ? "yes" : "no");
  return 0;
}

int Run(const char* what) {
  if (RUNNING_ON_VALGRIND == 0) return 2;
  LockedPoolManager::Instance().Configure(LockPolicy::kAllow, BackendChoice::kMlock);
  const SecureBuffer first(Secret(kCapacity));
  const BufferNumber other = Secret(kOtherCapacity);
  const SecureBuffer second(other);
  if (std::strcmp(what, "equals") == 0) return Say(first.Equals(second));
  if (std::strcmp(what, "is-zero") == 0) return Say(first.IsZero());
  std::vector<unsigned char> bytes(kLength, 0x5a);
  VALGRIND_MAKE_MEM_UNDEFINED(bytes.data(), bytes.size());
  if (std::strcmp(what, "equals-bytes") == 0) return Say(first.Equals(bytes));
  const unsigned char* const data = SecureBufferTable::Instance().Find(other)->slot.data;
  if (std::strcmp(what, "memcmp") == 0) return Say(std::memcmp(data, bytes.data(), kLength) == 0);
  return 2;
}

}  // namespace

int main(int count, char** arguments) { return count == 2 ? Run(arguments[1]) : 2; }
