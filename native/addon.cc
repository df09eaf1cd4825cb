// Wires the native classes to Node. src/native/native.ts is the description of what is exported.
#include <napi.h>

#include "http/client_connection.h"
#include "http/incoming_request.h"
#include "http/outgoing_request.h"
#include "libevent/first_copy.h"
#include "libevent/libevent_runtime.h"
#include "loop/base_child.h"
#include "memory/allocated_regions.h"
#include "memory/lent_memory.h"
#include "memory/locked_memory_napi.h"
#include "memory/memory_napi.h"
#include "memory/secure_buffer_napi.h"
#include "memory/terminal_prompt_napi.h"
#include "napi/environment.h"
#include "napi/handle_exports.h"
#include "napi/handle_napi.h"
#include "net/dns_journal.h"
#include "net/evutil_napi.h"

namespace bitcoin_support {

// Each class's .cc file has the function.
#define HANDLE_KIND(kind, name, parts_end) \
  class name;                              \
  extern template void ExportHandleType<name>(Napi::Env, Napi::Object, Environment&);
#include "napi/tables.def"

namespace {

// () -> what the library's JavaScript calls. Each instance of its modules has one of its own: a thread may
// load them several times, in several contexts.
Napi::Value NewInstanceNapi(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::Object exports = Napi::Object::New(env);
  Environment& state = Environment::Attach(env, exports);
  ExportHandleFunctions(env, exports, state);
  ExportEvutilFunctions(env, exports, state);
  ExportMemoryFunctions(env, exports, state);
  ExportLockedMemoryFunctions(env, exports, state);
  ExportSecureBufferFunctions(env, exports, state);
  AllocatedRegions::Export(env, exports, state);
  LentMemory::Export(env, exports, state);
  ExportTerminalPromptFunctions(env, exports, state);
#define HANDLE_KIND(kind, name, parts_end) ExportHandleType<name>(env, exports, state);
#include "napi/tables.def"
  BaseChild::Export(env, exports, state);
  IncomingRequest::Export(env, exports, state);
  OutgoingRequest::Export(env, exports, state);
  ClientConnection::Export(env, exports, state);
  ExportRuntimeFunctions(env, exports, state);
  return exports;
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  InitLibeventRuntime();
  DnsJournal::Install();
  exports.Set("newInstance", Napi::Function::New<NewInstanceNapi>(env, "newInstance"));
  return exports;
}

}  // namespace
}  // namespace bitcoin_support

static Napi::Object InitAddon(Napi::Env env, Napi::Object exports) {
  if (const napi_addon_register_func first = bitcoin_support::RegisterOfFirstCopy()) {
    return Napi::Object(env, first(env, exports));
  }
  return bitcoin_support::Init(env, exports);
}

NODE_API_MODULE(bitcoin_support, InitAddon)
