// The native functions over EvBuffer.
#include <event2/buffer.h>

#include <algorithm>
#include <memory>
#include <new>

#include "arguments.h"
#include "buffer_bytes.h"
#include "environment.h"
#include "errors.h"
#include "ev_buffer.h"
#include "exports.h"

namespace bitcoin_support {
namespace {

EvBuffer& This(const Napi::CallbackInfo& info) { return Environment::From(info).Get<EvBuffer>(info[0]); }

EvBuffer& Changeable(const Napi::CallbackInfo& info) {
  EvBuffer& self = This(info);
  self.CheckMayChange();
  return self;
}

// ()
Napi::Value New(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), (new EvBuffer(Environment::From(info)))->number());
}

// (buffer) -> bytes
Napi::Value GetLength(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(evbuffer_get_length(This(info).buffer())));
}

// (buffer, string or bytes)
Napi::Value Add(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  EvBuffer::Operation operation(self);
  AddBytes(self, info[1]);
  return operation.End(info.Env().Undefined());
}

// (buffer, string or bytes)
Napi::Value Prepend(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  EvBuffer::Operation operation(self);
  PrependBytes(self, info[1]);
  return operation.End(info.Env().Undefined());
}

// (buffer, bytes)
Napi::Value Drain(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  const auto length = static_cast<size_t>(ByteLimitArg(info, 1));
  EvBuffer::Operation operation(self);
  DrainBytes(self, length);
  return operation.End(info.Env().Undefined());
}

// (buffer, bytes) -> a new Buffer
Napi::Value Remove(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  const auto wanted = static_cast<size_t>(ByteLimitArg(info, 1));
  EvBuffer::Operation operation(self);
  const Napi::Value bytes = CopyBytes(self, 0, wanted);
  DrainBytes(self, wanted);
  return operation.End(bytes);
}

// (buffer, bytes) -> how many were copied there
Napi::Value RemoveInto(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  EvBuffer::Operation operation(self);
  const size_t copied = CopyBytesInto(self, 0, info[1]);
  DrainBytes(self, copied);
  return operation.End(Napi::Number::New(info.Env(), static_cast<double>(copied)));
}

}  // namespace

void EvBuffer::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<New>(env, exports, "bufferNew", state);
  ExportFunction<GetLength>(env, exports, "bufferGetLength", state);
  ExportFunction<Add>(env, exports, "bufferAdd", state);
  ExportFunction<Prepend>(env, exports, "bufferPrepend", state);
  ExportFunction<Drain>(env, exports, "bufferDrain", state);
  ExportFunction<Remove>(env, exports, "bufferRemove", state);
  ExportFunction<RemoveInto>(env, exports, "bufferRemoveInto", state);
}

}  // namespace bitcoin_support
