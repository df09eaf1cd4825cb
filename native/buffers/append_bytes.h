// JavaScript values as what an evbuffer holds.
#pragma once

#include <napi.h>

struct evbuffer;

namespace bitcoin_support {

class ByteSource;

/// Appends the bytes of a string (as UTF-8) or a Uint8Array to `buffer`.
/// @throws TypeError for anything else, std::bad_alloc; then `buffer` is as it was.
void AppendBytes(Napi::Env env, napi_value value, evbuffer* buffer);

/// The same for bytes whose number is known. @throws std::bad_alloc; then `buffer` is as it was.
void AppendBytes(const ByteSource& bytes, evbuffer* buffer);

}  // namespace bitcoin_support
