// Compares secrets under valgrind's memcheck. To memcheck the bytes and lengths of the buffers are undefined,
// so it reports every branch and every address that depends on them: a comparison without a report takes a
// time that does not depend on them. The argument says which comparison; `memcmp` is the control, which has
// to be reported.
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

constexpr std::size_t kCapacity = 1000;
constexpr std::size_t kOtherCapacity = 333;
constexpr std::size_t kLength = 333;

BufferNumber Secret(std::size_t capacity) {
  const BufferNumber number = SecureBufferTable::Instance().New(capacity);
  const std::vector<unsigned char> bytes(kLength, 0x5a);
  if (number == 0 || !SecureBuffer(number).Write(bytes)) std::abort();
  ControlBlock& block = *SecureBufferTable::Instance().Find(number);
  VALGRIND_MAKE_MEM_UNDEFINED(block.m_slot.data, capacity);
  VALGRIND_MAKE_MEM_UNDEFINED(&block.m_length, sizeof block.m_length);
  return number;
}

// The answer itself is no secret any more.
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
  const unsigned char* const data = SecureBufferTable::Instance().Find(other)->m_slot.data;
  if (std::strcmp(what, "memcmp") == 0) return Say(std::memcmp(data, bytes.data(), kLength) == 0);
  return 2;
}

}  // namespace

int main(int count, char** arguments) { return count == 2 ? Run(arguments[1]) : 2; }
