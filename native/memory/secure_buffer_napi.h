// The native functions over secure buffers.
#pragma once

#include <napi.h>

#include "secure/secure_buffer_table.h"

namespace bitcoin_support {

class Environment;

/// The buffer that an argument names, 0 when it is no number of one. Whether it is open the buffer's own
/// functions find out.
BufferNumber BufferNumberArg(const Napi::CallbackInfo& info, size_t index);

void ExportSecureBufferFunctions(Napi::Env env, Napi::Object exports, Environment& state);

}  // namespace bitcoin_support
