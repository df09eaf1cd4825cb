// How HttpStrictParser reads a connection's bytes, in a form that can be compared.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/http_strict_parser.h"

namespace bitcoin_support::test {

/// Feeds `bytes` in pieces of the lengths that `next_length()` returns. Each piece has memory of exactly its
/// size, so that a sanitizer reports a read beyond it. @returns each request as it was read, and how it ended
template <class NextLength>
std::string Verdict(std::string_view bytes, NextLength next_length) {
  const HttpStrictParser::Limits limits{600, 300};
  HttpStrictParser parser(limits);
  std::string verdict;
  std::string body;
  size_t head = 0;
  while (!bytes.empty()) {
    const size_t length = std::min<size_t>(std::max<size_t>(next_length(), 1), bytes.size());
    const std::string piece(bytes.substr(0, length));
    bytes.remove_prefix(length);
    for (size_t at = 0; at < piece.size() || parser.complete();) {
      if (parser.complete()) {
        verdict += " body " + std::to_string(body.size()) + ":" + body + "\n";
        body.clear();
        head = 0;
        parser.Reset();
        continue;
      }
      const bool in_head = parser.in_head();
      const auto [step, used] = parser.Feed(piece.data() + at, piece.size() - at);
      if (step == HttpStrictParser::Step::kRefused)
        return verdict + "refused " + std::to_string(parser.status());
      if (used == 0 || used > piece.size() - at) std::abort();  // otherwise this would never end
      if (in_head) head += used;
      if (step == HttpStrictParser::Step::kData) body.append(piece, at, used);
      if (step == HttpStrictParser::Step::kHead) {
        verdict += std::string(parser.method()) + " " + std::to_string(parser.target_begin()) + "+" +
                   std::to_string(parser.target_length()) + " head " + std::to_string(head) + " hyphen " +
                   std::to_string(parser.framing_hyphen()) + " length " +
                   std::to_string(parser.content_length()) + (parser.chunked() ? " chunked" : "") +
                   (parser.expects_continue() ? " expects" : "");
      }
      at += used;
    }
  }
  return verdict + (parser.idle() ? "idle" : "more");
}

/// A random generator with the same numbers on every system.
class Random {
 public:
  explicit Random(uint64_t seed) : m_state(seed * 2 + 1) {}
  uint32_t Below(uint32_t bound) {
    m_state ^= m_state << 13;
    m_state ^= m_state >> 7;
    m_state ^= m_state << 17;
    return static_cast<uint32_t>(m_state >> 32) % bound;
  }

 private:
  uint64_t m_state;
};

/// @returns one of the choices
template <size_t kCount>
const char* Pick(Random& random, const char* const (&choices)[kCount]) {
  return choices[random.Below(kCount)];
}

/// @returns whether the verdict on `bytes` is the same however they are split
inline bool SplitsAgree(std::string_view bytes, uint64_t seed) {
  const std::string whole = Verdict(bytes, [] { return SIZE_MAX; });
  if (whole != Verdict(bytes, [] { return size_t{1}; })) return false;
  Random random(seed);
  return whole == Verdict(bytes, [&] { return size_t{1} + random.Below(20); });
}

}  // namespace bitcoin_support::test
