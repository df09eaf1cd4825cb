#include "loop/base_child.h"

#include <string>

#include "loop/loop_driver.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"

namespace bitcoin_support {

BaseChild::BaseChild(EventBase& base, HandleType& type, HandleKind kind) : Handle(base.env(), type, kind) {
  JoinBase(base);
}

BaseChild::~BaseChild() {
  if (live() && m_base != nullptr) m_base->Disown(*this);
}

void BaseChild::JoinBase(EventBase& base) {
  m_base = &base;
  base.Adopt(*this);
}

void BaseChild::RetireChild() {
  if (!live()) return;
  m_base->Disown(*this);
  Retire();
}

// --- the native functions over the references of bases and their children -----------------------------

namespace {

// (handle, its type's name): a base, or what lives on one and may be without a reference
Handle& ReferencedArg(const Napi::CallbackInfo& info) {
  Environment& env = Environment::From(info);
  const std::string type = StringArg(info, 1);
  Handle& handle = env.GetAny(info[0]);
  if (handle.type().name != type) {
    ThrowEventError(env, code::kHandle, "the handle is of type " + handle.type().name + ", not " + type);
  }
  switch (handle.kind()) {
    case HandleKind::kEventBase:
    case HandleKind::kLibEvent:
    case HandleKind::kEvHttp:
    case HandleKind::kEvConnListener:
      return handle;
    default:
      ThrowEventError(env, code::kHandle, "a handle of type " + type + " has no reference");
  }
}

// (handle, its type's name, on)
Napi::Value SetRefNapi(const Napi::CallbackInfo& info) {
  const bool on = BoolArg(info, 2);
  Handle& handle = ReferencedArg(info);
  if (handle.kind() == HandleKind::kEventBase) {
    LoopDriver::Of(handle.env()).SetRef(static_cast<EventBase&>(handle), on);
  } else {
    BaseChild& child = static_cast<BaseChild&>(handle);
    child.base().SetChildRef(child, on);
  }
  return info.Env().Undefined();
}

// (handle, its type's name) -> whether it has a reference
Napi::Value HasRefNapi(const Napi::CallbackInfo& info) {
  const Handle& handle = ReferencedArg(info);
  const bool on = handle.kind() == HandleKind::kEventBase
                      ? static_cast<const EventBase&>(handle).dispatch().has_ref()
                      : static_cast<const BaseChild&>(handle).has_ref();
  return Napi::Boolean::New(info.Env(), on);
}

}  // namespace

void BaseChild::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<SetRefNapi>(env, exports, "setRef", state);
  ExportFunction<HasRefNapi>(env, exports, "hasRef", state);
}

}  // namespace bitcoin_support
