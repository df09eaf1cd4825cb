// How HttpStrictParser reads a connection's bytes, in a form that can be compared.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
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

/// Verdict(), as an argument of the functions below.
inline constexpr auto kVerdict = [](std::string_view bytes, auto next_length) {
  return Verdict(bytes, next_length);
};

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

/// @param verdict (bytes, next_length) -> as Verdict()
/// @returns whether the verdict on `bytes` is the same however they are split
template <class GetVerdict>
bool SplitsAgree(std::string_view bytes, uint64_t seed, GetVerdict verdict) {
  const std::string whole = verdict(bytes, [] { return SIZE_MAX; });
  if (whole != verdict(bytes, [] { return size_t{1}; })) return false;
  Random random(seed);
  return whole == verdict(bytes, [&] { return size_t{1} + random.Below(20); });
}

/// The program of a parser. Its arguments are the first seed and how many there are. It makes bytes of each,
/// checks that SplitsAgree(), and prints how many of each ending there were.
/// @param make (Random&) -> bytes
/// @param ending (verdict) -> what is counted; empty for nothing
template <class Make, class GetVerdict, class Ending>
int CompareSplits(int count, char** arguments, Make make, GetVerdict verdict, Ending ending) {
  if (count != 3) return 2;
  const uint64_t first = std::strtoull(arguments[1], nullptr, 10);
  const uint64_t seeds = std::strtoull(arguments[2], nullptr, 10);
  std::map<std::string, int> endings;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    Random random(seed);
    const std::string bytes = make(random);
    if (!SplitsAgree(bytes, seed, verdict)) {
      std::printf("seed %llu: the verdict depends on the pieces of\n%s\n",
                  static_cast<unsigned long long>(seed), bytes.c_str());
      return 1;
    }
    ++endings[ending(verdict(bytes, [] { return SIZE_MAX; }))];
  }
  for (const auto& [name, number] : endings) {
    if (!name.empty()) std::printf("%s: %d\n", name.c_str(), number);
  }
  return 0;
}

}  // namespace bitcoin_support::test
