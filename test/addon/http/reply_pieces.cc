// reply_pieces <first seed> <count>: makes random replies out of valid and invalid parts, and compares how
// HttpReplyParser reads the whole and its pieces. Prints how many ended in each way.
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
  const auto verdict = [](std::string_view bytes, auto next_length) {
    return ReplyVerdict(bytes, next_length);
  };
  const auto ending = [](const std::string& read) { return read.substr(read.rfind('\n') + 1); };
  return CompareSplits(count, arguments, Make, verdict, ending);
}
