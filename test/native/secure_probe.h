// Secure memory seen from below: single bytes, a forked child, and the process's end, for JavaScript.
#pragma once

#include <napi.h>

namespace bitcoin_support::test {

void ExportSecureProbe(Napi::Env env, Napi::Object exports);

}  // namespace bitcoin_support::test
