// Why a client's request has got no reply.
#pragma once

#include <cstdint>

namespace bitcoin_support {

struct ClientFailure {
  enum class Kind : uint8_t {
#define CLIENT_FAILURE(kind, name) kind,
#include "napi/tables.def"
  };

  Kind kind = Kind::kNone;
  const char* syscall = "";
  int error = 0;
  const char* fault = "";
};

}  // namespace bitcoin_support
