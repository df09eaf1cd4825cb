// For libFuzzer: the verdict on any bytes must not depend on how they are split.
#include <cstdio>

#include "parser_verdict.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 4096) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (!bitcoin_support::test::SplitsAgree(bytes, size, bitcoin_support::test::kVerdict)) {
    std::fputs("the verdict depends on the pieces\n", stderr);
    std::abort();
  }
  return 0;
}
