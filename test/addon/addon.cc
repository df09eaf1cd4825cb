// Wires the native helpers of the tests to Node. test/support/native-support.ts describes what is exported.
#include <napi.h>

#include "c_calls.h"
#include "forks.h"
#include "memory_probe.h"
#include "scrubbing_probe.h"
#include "secure_probe.h"
#include "sockets.h"

static Napi::Object InitAddon(Napi::Env env, Napi::Object exports) {
  bitcoin_support::test::ExportCCalls(env, exports);
  bitcoin_support::test::ExportForks(env, exports);
  bitcoin_support::test::ExportMemoryProbe(env, exports);
  bitcoin_support::test::ExportScrubbingProbe(env, exports);
  bitcoin_support::test::ExportSecureProbe(env, exports);
  bitcoin_support::test::ExportSockets(env, exports);
  return exports;
}

NODE_API_MODULE(test_support, InitAddon)
