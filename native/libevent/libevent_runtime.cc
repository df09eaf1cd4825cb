#include "libevent/libevent_runtime.h"

#include <dlfcn.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/thread.h>
#include <node_api.h>

#include <cerrno>
#include <csetjmp>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "libevent/log_relay.h"
#include "libevent/memory_reserve.h"
#include "libevent/scrubbing_heap.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/fork_count.h"
#include "napi/list.h"

namespace bitcoin_support {
namespace {

// Where a fatal error leads while a base is being made. Nothing is locked then, and libevent's functions have
// nothing to undo but memory and descriptors.
thread_local std::jmp_buf* t_way_out = nullptr;

// libevent would call exit(1). An abort keeps the evidence: node prints both stacks and a core may
// be written.
void OnFatal(int) {
  if (t_way_out != nullptr) std::longjmp(*std::exchange(t_way_out, nullptr), 1);
  const char* const error = LogRelay::LastError();
  napi_fatal_error("libevent", NAPI_AUTO_LENGTH,
                   *error == '\0' ? "unrecoverable error inside libevent" : error, NAPI_AUTO_LENGTH);
}

// A function that came with the security fixes of 2.1.13, which some distributions have added to 2.1.12.
// Looked up in libevent alone: the addon's dependencies are not in the process's global scope.
bool HasSecurityBackports() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&evhttp_new), &info) == 0) return false;
  void* const library = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  if (library == nullptr) return false;
  const bool found = dlsym(library, "evhttp_check_transfer_encoding_") != nullptr;
  dlclose(library);
  return found;
}

// () -> whether this libevent has the security fixes of 2.1.13
Napi::Value HasSecurityBackportsNapi(const Napi::CallbackInfo& info) {
  constexpr ev_uint32_t kFixed = 0x02010d00;
  return Napi::Boolean::New(info.Env(), event_get_version_number() >= kFixed || HasSecurityBackports());
}

// () -> names of the backends that this libevent was built with
Napi::Value SupportedMethodsNapi(const Napi::CallbackInfo& info) {
  std::vector<napi_value> list;
  for (const char** method = event_get_supported_methods(); method != nullptr && *method != nullptr;
       ++method) {
    list.push_back(Napi::String::New(info.Env(), *method));
  }
  return NewList(info.Env(), list);
}

// (function | null)
Napi::Value LogSetCallbackNapi(const Napi::CallbackInfo& info) {
  if (!info[0].IsFunction() && !info[0].IsNull()) ThrowTypeError(info.Env(), "neither a function nor null");
  Environment::From(info).State<LogRelay>().SetCallback(info[0]);
  return info.Env().Undefined();
}

// (on)
Napi::Value LogEnableDebugNapi(const Napi::CallbackInfo& info) {
  LogRelay::SetDebug(BoolArg(info, 0));
  return info.Env().Undefined();
}

// () -> blocks that libevent has allocated now
Napi::Value LibeventBlocksNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(ScrubbingLiveBlocks()));
}

}  // namespace

event_base* NewEventBase(const event_config* config) {
  std::jmp_buf way_out;
  errno = 0;
  if (setjmp(way_out) != 0) {
    errno = EMFILE;
    return nullptr;
  }
  t_way_out = &way_out;
  event_base* const base = event_base_new_with_config(config);
  t_way_out = nullptr;
  return base;
}

void InitLibeventRuntime() {
  static std::once_flag once;
  std::call_once(once, [] {
    // Safe even when another part of the process has used libevent before: the blocks stay
    // ordinary malloc blocks, so either side may free what the other allocated.
    MemoryReserve::Fill();
    event_set_mem_functions(ScrubbingMalloc, ScrubbingRealloc, ScrubbingFree);
    event_set_fatal_callback(OnFatal);
    LogRelay::Install();
    CountForks();
    if (evthread_use_pthreads() != 0) throw std::runtime_error("libevent refused pthreads locking");
  });
}

void ExportRuntimeFunctions(Napi::Env env, Napi::Object exports, Environment& state) {
  exports.Set("libeventVersion", Napi::String::New(env, event_get_version()));
  exports.Set("libeventVersionNumber", Napi::Number::New(env, event_get_version_number()));
  ExportFunction<HasSecurityBackportsNapi>(env, exports, "runtimeHasSecurityBackports", state);
  ExportFunction<SupportedMethodsNapi>(env, exports, "runtimeSupportedMethods", state);
  ExportFunction<LibeventBlocksNapi>(env, exports, "libeventBlocks", state);
  ExportFunction<LogSetCallbackNapi>(env, exports, "logSetCallback", state);
  ExportFunction<LogEnableDebugNapi>(env, exports, "logEnableDebug", state);
}

}  // namespace bitcoin_support
