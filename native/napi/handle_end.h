// What has ended a handle, for the error of a call that comes later.
#pragma once

#include <cstdint>
#include <string>

#include "napi/type_registry.h"

namespace bitcoin_support {

enum class EndReason : uint8_t {
#define END_REASON(reason, name, sentence) reason,
#include "napi/tables.def"
  kCount,
};

struct HandleEnd {
  const HandleType* type = nullptr;
  uint64_t id = 0;
  EndReason reason = EndReason::kUnknown;

  /// What JavaScript has in place of the number of a handle whose end it knows: negative, and made of the
  /// type, the id and the reason. @returns false when it is none
  static bool FromMark(double mark, HandleEnd& end);

  /// A sentence: `LibEvent #12 has been disposed`.
  std::string Describe() const;
};

}  // namespace bitcoin_support
