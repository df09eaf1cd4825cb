// All headers of a message in one string from JavaScript.
#pragma once

#include <napi.h>

#include "http/header_list.h"

namespace bitcoin_support {

/// Adds the headers in `value`, a string of name, NUL, value, NUL and so on, to `headers`. Its copy is wiped.
/// @throws TypeError when it is no string, RangeError when a name is no token, or a value holds CR, LF or a
/// character above U+00FF, std::bad_alloc
void AddHeaderBlock(Napi::Env env, napi_value value, HeaderList& headers);

}  // namespace bitcoin_support
