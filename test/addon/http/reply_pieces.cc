// reply_pieces <first seed> <count>: makes random replies out of valid and invalid parts, and compares how
// HttpReplyParser reads the whole and its pieces. Prints how many ended in each way.
#include <cstdio>
#include <map>

#include "http/http_reply_parser.h"
#include "parser_verdict.h"

namespace bitcoin_support::test {
namespace {

constexpr const char* kLines[] = {
    "HTTP/1.1 200 OK\r\n",       "HTTP/1.1 200 OK\r\n",   "HTTP/1.0 404\r\n",    "HTTP/1.1 204 \r\n",
    "HTTP/1.1 100 Continue\r\n", "HTTP/1.1 20 OK\r\n",    "HTTP/2.0 200 OK\r\n", "HTTP/1.1 200 OK\n",
    "HTTP/1.1 2000\r\n",         "HTTP/1.1 304 x\ty\r\n",
};
constexpr const char* kHeaders[] = {
    "Content-Length: 5\r\n",
    "Content-Length:\t12 \r\n",
    "content-length:\r\n 5\r\n",
    "Content-Length: +5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding:\r\n\tChunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "X: y\r\n",
    "X:\r\n folded\r\n",
    "X: a\nb\r\n",
    ": empty\r\n",
    "A-Name-That-Is-Longer-Than-All-That-The-Parser-Keeps-Of-One-For-Itself: y\r\n",
};
constexpr const char* kBodies[] = {
    "12345",
    "5\r\n12345\r\n0\r\n\r\n",
    "5 ;a=\"b\"\r\n12345\r\n1;\r\nx\r\n0\r\nT: x\r\n\r\n",
    "5 \r\n12345\r\n0\r\n\r\n",
    "5\n12345\r\n0\r\n\r\n",
    "fffffffffffffff\r\n",
    "5\r\n12345x0\r\n\r\n",
    "0\r\nT : x\r\n\r\n",
};

template <class NextLength>
std::string ReplyVerdict(std::string_view bytes, NextLength next_length) {
  const HttpLimits limits{300, 300};
  HttpReplyParser parser(limits);
  parser.Begin(HttpReplyParser::Asked::kOther);
  std::string verdict;
  while (!bytes.empty() && !parser.complete()) {
    const size_t length = std::min<size_t>(std::max<size_t>(next_length(), 1), bytes.size());
    const std::string piece(bytes.substr(0, length));
    bytes.remove_prefix(length);
    for (size_t at = 0; at < piece.size() && !parser.complete();) {
      const auto [step, used] = parser.Feed(piece.data() + at, piece.size() - at);
      if (step == HttpReplyParser::Step::kRefused) return verdict + "\nrefused " + parser.fault();
      if (used == 0 || used > piece.size() - at) std::abort();  // otherwise this would never end
      if (step == HttpReplyParser::Step::kData) verdict.append(piece, at, used);
      if (step == HttpReplyParser::Step::kHead) {
        verdict += std::to_string(parser.status()) + " ";
        if (parser.interim()) parser.Begin(HttpReplyParser::Asked::kOther);
      }
      at += used;
    }
  }
  return verdict + (parser.complete() ? "\ncomplete" : "\nmore");
}

std::string Make(Random& random) {
  std::string bytes;
  for (uint32_t replies = 1 + random.Below(2); replies > 0; --replies) {
    bytes += Pick(random, kLines);
    for (uint32_t headers = random.Below(4); headers > 0; --headers) bytes += Pick(random, kHeaders);
    if (random.Below(20) != 0) bytes += "\r\n";
    if (random.Below(2) == 0) bytes += Pick(random, kBodies);
  }
  if (random.Below(4) == 0) bytes.erase(random.Below(static_cast<uint32_t>(bytes.size())), 1);
  return bytes;
}

}  // namespace
}  // namespace bitcoin_support::test

int main(int count, char** arguments) {
  using namespace bitcoin_support::test;
  if (count != 3) return 2;
  const uint64_t first = std::strtoull(arguments[1], nullptr, 10);
  const uint64_t seeds = std::strtoull(arguments[2], nullptr, 10);
  std::map<std::string, int> endings;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    Random random(seed);
    const std::string bytes = Make(random);
    const std::string whole = ReplyVerdict(bytes, [] { return SIZE_MAX; });
    const std::string single = ReplyVerdict(bytes, [] { return size_t{1}; });
    if (whole != single || whole != ReplyVerdict(bytes, [&] { return size_t{1} + random.Below(20); })) {
      std::printf("seed %llu: the verdict depends on the pieces of\n%s\n",
                  static_cast<unsigned long long>(seed), bytes.c_str());
      return 1;
    }
    ++endings[whole.substr(whole.rfind('\n') + 1)];
  }
  for (const auto& [ending, number] : endings) std::printf("%s: %d\n", ending.c_str(), number);
  return 0;
}
