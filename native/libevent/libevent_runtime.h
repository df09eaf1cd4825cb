// What is set up once in the process before libevent is first used.
#pragma once

#include <napi.h>

struct event_base;
struct event_config;

namespace bitcoin_support {

class Environment;

/// Installs the scrubbing allocator under libevent's whole heap, switches on its locks
/// (evthread_use_pthreads) and turns its fatal errors into an abort that prints the JavaScript stack.
/// Runs once in the process, however many threads load the addon.
/// @throws std::runtime_error when libevent refuses the locks.
void InitLibeventRuntime();

/// Makes a base. Where libevent would end the process, because it cannot open what signals need, it makes
/// none; what it has opened until then stays open.
/// @returns null with errno set
event_base* NewEventBase(const event_config* config);

/// What libevent's library is, and its log.
void ExportRuntimeFunctions(Napi::Env env, Napi::Object exports, Environment& state);

}  // namespace bitcoin_support
