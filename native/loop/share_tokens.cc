#include "loop/share_tokens.h"

#include <mutex>
#include <unordered_map>

#include "secure/platform.h"

namespace bitcoin_support {
namespace {

struct Tokens {
  std::mutex mutex;
  std::unordered_map<uint64_t, BufferNumber> numbers;
};

// Never destroyed: threads may still open while the process runs its exit handlers.
Tokens& GetTokens() {
  static Tokens* const tokens = new Tokens;
  return *tokens;
}

}  // namespace

uint64_t ShareBuffer(BufferNumber number) {
  uint64_t token = 0;
  if (!platform::RandomBytes(&token, sizeof token) || token == 0) return 0;
  SecureBufferTable& table = SecureBufferTable::Instance();
  if (!table.Retain(number)) return 0;
  Tokens& tokens = GetTokens();
  const std::lock_guard lock(tokens.mutex);
  if (tokens.numbers.emplace(token, number).second) return token;
  table.Release(number);
  return 0;
}

BufferNumber OpenShare(uint64_t token) {
  Tokens& tokens = GetTokens();
  BufferNumber number = 0;
  {
    const std::lock_guard lock(tokens.mutex);
    const auto entry = tokens.numbers.find(token);
    if (entry == tokens.numbers.end()) return 0;
    number = entry->second;
    tokens.numbers.erase(entry);
  }
  const SecureBufferTable& table = SecureBufferTable::Instance();
  const ControlBlock* const block = table.Find(number);
  const bool open = block != nullptr && block->IsOpen(SecureBufferTable::GenerationOf(number));
  return open ? number : 0;
}

}  // namespace bitcoin_support
