// Arguments of native functions that name the peer of a socket.
#pragma once

#include <napi.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

#include "napi/arguments.h"
#include "napi/errors.h"

namespace bitcoin_support {

/// From 0 to 65535. @throws RangeError
inline uint16_t PortArg(const Napi::CallbackInfo& info, size_t index) {
  const int port = IntArg(info, index);
  if (port < 0 || port > 65535) ThrowRangeError(info.Env(), "no port");
  return static_cast<uint16_t>(port);
}

/// 0, 4 or 6 for AF_UNSPEC, AF_INET or AF_INET6. @throws RangeError
inline int FamilyArg(const Napi::CallbackInfo& info, size_t index) {
  switch (IntArg(info, index)) {
    case 0:
      return AF_UNSPEC;
    case 4:
      return AF_INET;
    case 6:
      return AF_INET6;
    default:
      ThrowRangeError(info.Env(), "no family");
  }
}

}  // namespace bitcoin_support
