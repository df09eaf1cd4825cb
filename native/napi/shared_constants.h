// Numbers that have a meaning on both sides: see tables.def.
#pragma once

namespace bitcoin_support {

#define SHARED_CONSTANT(constant, name, value) inline constexpr int constant = value;
#include "napi/tables.def"

}  // namespace bitcoin_support
