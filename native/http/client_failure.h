// Why a client's request has got no reply.
#pragma once

#include <cstdint>

namespace bitcoin_support {

struct ClientFailure {
  enum class Kind : uint8_t {
    kNone,
    kLookup,          ///< error is EVUTIL_EAI_*
    kConnect,         ///< error is errno of the call that syscall names
    kConnectTimeout,  ///< syscall names what took so long
    kReadTimeout,
    kWriteTimeout,
    kReply,  ///< fault says what is wrong with the reply
  };

  Kind kind = Kind::kNone;
  const char* syscall = "";
  int error = 0;
  const char* fault = "";
};

}  // namespace bitcoin_support
