#include "memory/share_tokens.h"

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "secure/platform.h"

namespace bitcoin_support {
namespace {

struct Entry {
  BufferNumber number;
  const void* owner;
};

struct Tokens {
  std::mutex mutex;
  std::unordered_map<uint64_t, Entry> entries;
  // At this number of tokens, those of buffers that have been destroyed are removed.
  size_t crowded = 64;
};

// Never destroyed: threads may still open tokens while the process runs its exit handlers.
Tokens& GetTokens() {
  static Tokens* const tokens = new Tokens;
  return *tokens;
}

bool IsOpen(BufferNumber number) {
  const ControlBlock* const block = SecureBufferTable::Instance().Find(number);
  return block != nullptr && block->IsOpen(SecureBufferTable::GenerationOf(number));
}

// Removes a token. @returns its share, which the caller owns then, or 0
BufferNumber Take(uint64_t token) {
  Tokens& tokens = GetTokens();
  const std::lock_guard lock(tokens.mutex);
  const auto entry = tokens.entries.find(token);
  if (entry == tokens.entries.end()) return 0;
  const BufferNumber number = entry->second.number;
  tokens.entries.erase(entry);
  return IsOpen(number) ? number : 0;
}

}  // namespace

uint64_t ShareBuffer(BufferNumber number, const void* owner) {
  uint64_t token = 0;
  if (!platform::RandomBytes(&token, sizeof token) || token == 0) return 0;
  SecureBufferTable& table = SecureBufferTable::Instance();
  if (!table.Retain(number)) return 0;
  Tokens& tokens = GetTokens();
  const std::lock_guard lock(tokens.mutex);
  if (tokens.entries.size() >= tokens.crowded) {
    std::erase_if(tokens.entries, [](const auto& each) { return !IsOpen(each.second.number); });
    tokens.crowded = std::max<size_t>(64, tokens.entries.size() * 2);
  }
  if (tokens.entries.emplace(token, Entry{number, owner}).second) return token;
  table.Release(number);
  return 0;
}

BufferNumber OpenShare(uint64_t token) { return Take(token); }

bool RevokeShare(uint64_t token) {
  const BufferNumber number = Take(token);
  return number != 0 && SecureBufferTable::Instance().Release(number);
}

void ExpireShares(const void* owner) {
  std::vector<BufferNumber> numbers;
  {
    Tokens& tokens = GetTokens();
    const std::lock_guard lock(tokens.mutex);
    std::erase_if(tokens.entries, [&](const auto& each) {
      if (each.second.owner != owner) return false;
      numbers.push_back(each.second.number);
      return true;
    });
  }
  for (const BufferNumber number : numbers) SecureBufferTable::Instance().Release(number);
}

}  // namespace bitcoin_support
