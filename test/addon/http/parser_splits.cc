// parser_splits <first seed> <count>: makes random requests out of valid and invalid parts, and compares the
// verdict on the whole with the verdict on its pieces. Prints how many of each verdict there were.
#include <iterator>

#include "parser_verdict.h"

namespace bitcoin_support::test {
namespace {

constexpr const char* kLines[] = {
    "GET / HTTP/1.1\r\n",
    "POST /a?b HTTP/1.1\r\n",
    "PROPFIND /x HTTP/1.0\r\n",
    "HEAD http://h/ HTTP/1.1\r\n",
    "\r\nGET / HTTP/1.1\r\n",
    "GET  / HTTP/1.1\r\n",
    "GET /%00 HTTP/1.1\r\n",
    "GET / HTTP/1.1\n",
    "GET / HTTP/2.0\r\n",
    "OPTIONS * HTTP/1.1\r\n",
    "GET /\r\n",
    " GET / HTTP/1.1\r\n",
    "PUT /%0%0%000 HTTP/1.1\r\n",
};
constexpr const char* kHeaders[] = {
    "Host: h\r\n",
    "Host: h\r\n",
    "host:\t[::1]:80 \r\n",
    "Content-Length: 5\r\n",
    "Content-Length: 12\r\n",
    "Content-Length: +5\r\n",
    "content-length: 5, 5\r\n",
    "Content-Length: 99999999999999999999\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\n",
    "transfer-encoding:\tChunked \r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Transfer-Encoding : chunked\r\n",
    "Expect: 100-continue\r\n",
    "Expect: x\r\n",
    "X: y\r\n",
    "X: a\rb\r\n",
    "X: a\nb\r\n",
    "X:\r\n folded\r\n",
    ": empty\r\n",
    "X-Long: "
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\r"
    "\n",
    "X\x01: y\r\n",
    "\xc3\xa9: y\r\n",
};
constexpr const char* kBodies[] = {
    "12345",
    "123456789012",
    "5\r\n12345\r\n0\r\n\r\n",
    "5;a=b\r\n12345\r\n1\r\nx\r\n0\r\nT: x\r\n\r\n",
    "0x5\r\n12345\r\n0\r\n\r\n",
    "5\r\n12345x0\r\n\r\n",
    "5\n12345\r\n0\r\n\r\n",
    "fffffffffffffff\r\n",
    "ffffffffffffffff\r\n",
    "12d\r\n",
    "0\r\nT : x\r\n\r\n",
};

std::string Make(Random& random) {
  std::string bytes;
  for (uint32_t requests = 1 + random.Below(3); requests > 0; --requests) {
    bytes += random.Below(3) == 0 ? Pick(random, kLines) : kLines[random.Below(2)];
    bytes += "Host: h\r\n";
    for (uint32_t headers = random.Below(4); headers > 0; --headers) bytes += Pick(random, kHeaders);
    if (random.Below(20) != 0) bytes += "\r\n";
    if (random.Below(2) == 0) bytes += Pick(random, kBodies);
  }
  for (uint32_t changes = random.Below(4); changes > 1; --changes) {
    const size_t at = random.Below(static_cast<uint32_t>(bytes.size()));
    constexpr char kChanges[] = "\r\n\t :;,\0+x0f";
    if (random.Below(2) == 0) {
      bytes[at] = kChanges[random.Below(sizeof kChanges - 1)];
    } else {
      bytes.erase(at, 1 + random.Below(3));
      if (bytes.empty()) bytes = "x";
    }
  }
  return bytes;
}

}  // namespace
}  // namespace bitcoin_support::test

int main(int count, char** arguments) {
  using namespace bitcoin_support::test;
  const auto ending = [](const std::string& read) {
    const std::string last = read.substr(read.rfind('\n') + 1).substr(0, 11);
    return last.starts_with("refused") || last == "idle" || last == "more" ? last : "";
  };
  return CompareSplits(count, arguments, Make, kVerdict, ending);
}
