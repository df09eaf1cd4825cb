// The native functions over handles of any type.
#include "napi/handle_napi.h"

#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/handle.h"
#include "napi/list.h"
#include "napi/unique_number.h"

namespace bitcoin_support {
namespace {

HandleType& TypeArg(const Napi::CallbackInfo& info, size_t index) {
  HandleType* const type = FindHandleType(static_cast<uint32_t>(IntArg(info, index)));
  if (type == nullptr) {
    ThrowEventError(Environment::From(info), code::kHandle, "not a declared type");
  }
  return *type;
}

// (config), once
Napi::Value ConfigureNapi(const Napi::CallbackInfo& info) {
  Environment& env = Environment::From(info);
  if (env.configured()) ThrowEventError(env, code::kState, "configured already");
  env.Configure(info[0].As<Napi::Object>());
  return info.Env().Undefined();
}

// (name) -> type index
Napi::Value DeclareTypeNapi(const Napi::CallbackInfo& info) {
  Environment& env = Environment::From(info);
  const std::string name = StringArg(info, 0);
  if (!env.ClaimTypeName(name)) {
    ThrowEventError(env, code::kExists, "the type " + name + " has been declared already");
  }
  return Napi::Number::New(info.Env(), DeclareHandleType(name).index);
}

// (type index) -> live handles in the process
Napi::Value LiveCountOfNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(TypeArg(info, 0).live.load()));
}

// (type index) -> handle
Napi::Value NewDeclaredNapi(const Napi::CallbackInfo& info) {
  HandleType& type = TypeArg(info, 0);
  return Napi::Number::New(info.Env(), (new DeclaredHandle(Environment::From(info), type))->number());
}

// Why what lives on a handle ends that is disposed.
EndReason ReasonForParts(HandleKind kind) {
  constexpr EndReason kReasons[] = {
      EndReason::kWithOwner,
#define HANDLE_KIND(kind, name, parts_end) EndReason::parts_end,
#include "napi/tables.def"
  };
  return kReasons[static_cast<size_t>(kind)];
}

// (handle, type index): does nothing when the handle has been disposed
Napi::Value DisposeNapi(const Napi::CallbackInfo& info) {
  Environment& env = Environment::From(info);
  Handle* handle = nullptr;
  if (env.table().Find(NumberArg(info, 0), handle) == LookupResult::kDisposed) {
    return info.Env().Undefined();
  }
  handle = &env.GetAny(info[0]);
  if (&handle->type() != &TypeArg(info, 1)) {
    ThrowEventError(env, code::kHandle, "the handle is of type " + handle->type().name);
  }
  const Environment::EndScope scope(env, ReasonForParts(handle->kind()), handle);
  handle->Dispose();
  return info.Env().Undefined();
}

// (number) -> [type name, id] of a handle that was still live, now disposed; undefined otherwise, and for one
// of the parent process
Napi::Value CollectNapi(const Napi::CallbackInfo& info) {
  Handle* const handle = Environment::From(info).FindAny(NumberArg(info, 0));
  if (handle == nullptr || handle->forked()) return info.Env().Undefined();
  const Napi::String type = Napi::String::New(info.Env(), handle->type().name);
  const Napi::Number id = Napi::Number::New(info.Env(), static_cast<double>(handle->id()));
  handle->Dispose();
  return NewList(info.Env(), {type, id});
}

// (handle): throws unless it is live in this thread
Napi::Value CheckLiveNapi(const Napi::CallbackInfo& info) {
  Environment& env = Environment::From(info);
  if (env.FindAny(NumberArg(info, 0)) == nullptr) env.GetAny(info[0]);
  return info.Env().Undefined();
}

// (handle) -> whether it is live in this thread
Napi::Value IsLiveNapi(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), Environment::From(info).FindAny(NumberArg(info, 0)) != nullptr);
}

// (handle, type name) -> address of the struct behind it
Napi::Value AddressOfNapi(const Napi::CallbackInfo& info) {
  Handle& handle = Environment::From(info).GetAny(info[0]);
  if (handle.type().name != StringArg(info, 1)) {
    ThrowEventError(handle.env(), code::kHandle, "the handle is of type " + handle.type().name);
  }
  const void* const address = handle.GiveToC();
  if (address == nullptr) {
    ThrowEventError(handle.env(), code::kState, "the " + handle.type().name + " has no struct in libevent");
  }
  return Napi::BigInt::New(info.Env(), static_cast<uint64_t>(reinterpret_cast<uintptr_t>(address)));
}

// () -> flat array of this thread's live handles: number, type name, id …
Napi::Value ListLiveNapi(const Napi::CallbackInfo& info) {
  std::vector<napi_value> list;
  for (const Handle* const handle : Environment::From(info).table().Live()) {
    list.push_back(Napi::Number::New(info.Env(), handle->number()));
    list.push_back(Napi::String::New(info.Env(), handle->type().name));
    list.push_back(Napi::Number::New(info.Env(), static_cast<double>(handle->id())));
  }
  return NewList(info.Env(), list);
}

// (on)
Napi::Value SetDropLogNapi(const Napi::CallbackInfo& info) {
  Environment::From(info).set_drop_log(BoolArg(info, 0));
  return info.Env().Undefined();
}

// () -> flat array of the handles dropped since the last call: number, type index, id …
Napi::Value TakeDroppedNapi(const Napi::CallbackInfo& info) {
  std::vector<napi_value> list;
  for (const DroppedHandle& dropped : Environment::From(info).TakeDropped()) {
    list.push_back(Napi::Number::New(info.Env(), dropped.number));
    list.push_back(Napi::Number::New(info.Env(), dropped.type_index));
    list.push_back(Napi::Number::New(info.Env(), static_cast<double>(dropped.id)));
  }
  return NewList(info.Env(), list);
}

// () -> a number below 2^32 that no other call in the process has had
Napi::Value UniqueNumberNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), NextUniqueNumber());
}

}  // namespace

void ExportHandleFunctions(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<ConfigureNapi>(env, exports, "configure", state);
  ExportFunction<DeclareTypeNapi>(env, exports, "declareType", state);
  ExportFunction<LiveCountOfNapi>(env, exports, "liveCount", state);
  ExportFunction<NewDeclaredNapi>(env, exports, "newDeclared", state);
  ExportFunction<DisposeNapi>(env, exports, "dispose", state);
  ExportFunction<CollectNapi>(env, exports, "collect", state);
  ExportFunction<CheckLiveNapi>(env, exports, "checkLive", state);
  ExportFunction<IsLiveNapi>(env, exports, "isLive", state);
  ExportFunction<AddressOfNapi>(env, exports, "addressOf", state);
  ExportFunction<ListLiveNapi>(env, exports, "listLive", state);
  ExportFunction<SetDropLogNapi>(env, exports, "setDropLog", state);
  ExportFunction<TakeDroppedNapi>(env, exports, "takeDropped", state);
  ExportFunction<UniqueNumberNapi>(env, exports, "uniqueNumber", state);
}

}  // namespace bitcoin_support
