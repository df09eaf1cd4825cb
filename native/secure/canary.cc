#include "secure/canary.h"

#include <bit>
#include <cstring>

#include "secure/platform.h"

namespace bitcoin_support {

Canary::Canary() {
  if (!platform::RandomBytes(m_key, sizeof m_key)) {
    platform::Die("secure memory: the system has no random bytes\n");
  }
}

uint64_t Canary::Hash(uint64_t number) const noexcept {
  uint64_t v0 = m_key[0] ^ 0x736f6d6570736575;
  uint64_t v1 = m_key[1] ^ 0x646f72616e646f6d;
  uint64_t v2 = m_key[0] ^ 0x6c7967656e657261;
  uint64_t v3 = m_key[1] ^ 0x7465646279746573;
  const auto round = [&] {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  };
  const auto absorb = [&](uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  };
  absorb(number);
  absorb(uint64_t{sizeof number} << 56);
  v2 ^= 0xff;
  round();
  round();
  round();
  return v0 ^ v1 ^ v2 ^ v3;
}

void Canary::Fill(unsigned char* at, size_t size) const noexcept {
  const uint64_t word = Hash(reinterpret_cast<uintptr_t>(at));
  size_t done = 0;
  for (; done + sizeof word <= size; done += sizeof word) std::memcpy(at + done, &word, sizeof word);
  std::memcpy(at + done, &word, size - done);
}

bool Canary::Intact(const unsigned char* at, size_t size) const noexcept {
  const uint64_t word = Hash(reinterpret_cast<uintptr_t>(at));
  uint64_t difference = 0;
  size_t done = 0;
  for (; done + sizeof word <= size; done += sizeof word) {
    uint64_t found;
    std::memcpy(&found, at + done, sizeof found);
    difference |= found ^ word;
  }
  uint64_t rest = word;
  std::memcpy(&rest, at + done, size - done);
  return (difference | (rest ^ word)) == 0;
}

}  // namespace bitcoin_support
