// Looks at secure memory for JavaScript: at single bytes, in a forked child, and at the end of the process.
#pragma once

#include <napi.h>

namespace bitcoin_support::test {

void ExportSecureProbe(Napi::Env env, Napi::Object exports);

}  // namespace bitcoin_support::test
