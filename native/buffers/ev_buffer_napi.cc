// The native functions over EvBuffer.
#include <event2/buffer.h>

#include <algorithm>
#include <memory>
#include <new>
#include <vector>

#include "buffers/append_bytes.h"
#include "buffers/buffer_bytes.h"
#include "buffers/ev_buffer.h"
#include "buffers/unique_buffer.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/list.h"

namespace bitcoin_support {
namespace {

EvBuffer& This(const Napi::CallbackInfo& info) { return Environment::From(info).Get<EvBuffer>(info[0]); }

EvBuffer& Changeable(const Napi::CallbackInfo& info) {
  EvBuffer& self = This(info);
  self.CheckMayChange();
  return self;
}

// ()
Napi::Value NewNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), (new EvBuffer(Environment::From(info)))->number());
}

// (buffer) -> bytes
Napi::Value GetLengthNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(evbuffer_get_length(This(info).buffer())));
}

// (buffer, string or bytes)
Napi::Value AddNapi(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  EvBuffer::Operation operation(self);
  AddBytes(self, info[1]);
  return operation.End(info.Env().Undefined());
}

// (buffer, string or bytes)
Napi::Value PrependNapi(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  EvBuffer::Operation operation(self);
  PrependBytes(self, info[1]);
  return operation.End(info.Env().Undefined());
}

// (buffer, bytes)
Napi::Value DrainNapi(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  const auto length = static_cast<size_t>(ByteLimitArg(info, 1));
  EvBuffer::Operation operation(self);
  DrainBytes(self, length);
  return operation.End(info.Env().Undefined());
}

// (buffer, bytes) -> a new Buffer
Napi::Value RemoveNapi(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  const auto wanted = static_cast<size_t>(ByteLimitArg(info, 1));
  EvBuffer::Operation operation(self);
  const Napi::Value bytes = CopyBytes(self, 0, wanted);
  DrainBytes(self, wanted);
  return operation.End(bytes);
}

// (buffer, bytes) -> how many were copied there
Napi::Value RemoveIntoNapi(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  EvBuffer::Operation operation(self);
  const size_t copied = CopyBytesInto(self, 0, info[1]);
  DrainBytes(self, copied);
  return operation.End(Napi::Number::New(info.Env(), static_cast<double>(copied)));
}

// (buffer, start, bytes) -> a new Buffer
Napi::Value CopyoutNapi(const Napi::CallbackInfo& info) {
  const EvBuffer& self = This(info);
  const size_t start = PositionArg(info, 1, self);
  return CopyBytes(self, start, static_cast<size_t>(ByteLimitArg(info, 2)));
}

// (buffer, start, bytes) -> how many were copied there
Napi::Value CopyoutIntoNapi(const Napi::CallbackInfo& info) {
  const EvBuffer& self = This(info);
  const size_t start = PositionArg(info, 1, self);
  return Napi::Number::New(info.Env(), static_cast<double>(CopyBytesInto(self, start, info[2])));
}

// (buffer, list of bytes)
Napi::Value AddIovecNapi(const Napi::CallbackInfo& info) {
  const ListArg pieces(info, 1);
  EvBuffer& self = Changeable(info);
  const UniqueBuffer all = NewBuffer();
  for (size_t i = 0; i < pieces.size(); ++i) AppendBytes(info.Env(), pieces[i], all.get());
  EvBuffer::Operation operation(self);
  CheckEndOpen(self);
  evbuffer_add_buffer(self.buffer(), all.get());
  return operation.End(info.Env().Undefined());
}

// --- between buffers: (to, from) ---------------------------------------------------------------------

EvBuffer& Other(const Napi::CallbackInfo& info) { return Environment::From(info).Get<EvBuffer>(info[1]); }

// (buffer, other)
Napi::Value AddBufferNapi(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  EvBuffer& other = Other(info);
  other.CheckMayChange();
  EvBuffer::Operation operation(self, &other);
  CheckEndOpen(self);
  CheckStartOpen(other);
  evbuffer_add_buffer(self.buffer(), other.buffer());
  return operation.End(info.Env().Undefined());
}

// (buffer, other)
Napi::Value PrependBufferNapi(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  EvBuffer& other = Other(info);
  other.CheckMayChange();
  EvBuffer::Operation operation(self, &other);
  CheckStartOpen(other);
  if (evbuffer_prepend_buffer(self.buffer(), other.buffer()) != 0) ThrowFrozen(self, "start");
  return operation.End(info.Env().Undefined());
}

// (buffer, other)
Napi::Value AddBufferReferenceNapi(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  EvBuffer& other = Other(info);
  if (&self == &other) ThrowEventError(self.env(), code::kState, "a buffer cannot refer to itself");
  EvBuffer::Operation operation(self, &other);
  CheckEndOpen(self);
  if (!other.owned()) {
    // It goes with its owner, and perhaps with a lock that it has from it; a reference must not outlive that.
    CopyBuffer(self, other);
  } else if (evbuffer_add_buffer_reference(self.buffer(), other.buffer()) != 0) {
    ThrowEventError(self.env(), code::kState,
                    "the buffer holds references or files itself, which cannot be referred to");
  }
  return operation.End(info.Env().Undefined());
}

// (from, to, bytes) -> how many were moved
Napi::Value RemoveBufferNapi(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  EvBuffer& other = Other(info);
  other.CheckMayChange();
  const size_t size = std::min(static_cast<size_t>(ByteLimitArg(info, 2)), kMaxBufferSize);
  EvBuffer::Operation operation(self, &other);
  CheckEndOpen(other);
  CheckStartOpen(self);
  const int moved = evbuffer_remove_buffer(self.buffer(), other.buffer(), size);
  return operation.End(Napi::Number::New(info.Env(), moved));
}

// --- space, ends and flags ---------------------------------------------------------------------------

// (buffer, bytes)
Napi::Value ExpandNapi(const Napi::CallbackInfo& info) {
  const EvBuffer& self = Changeable(info);
  const auto size = static_cast<size_t>(ByteLimitArg(info, 1));
  if (size > kMaxBufferSize) ThrowRangeError(info.Env(), "more than a buffer is expanded by");
  CheckEndOpen(self);
  if (evbuffer_expand(self.buffer(), size) != 0) {
    ThrowEventError(self.env(), code::kLibevent, "evbuffer_expand failed: there is not so much memory");
  }
  return info.Env().Undefined();
}

// (buffer) -> bytes
Napi::Value GetContiguousSpaceNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(),
                           static_cast<double>(evbuffer_get_contiguous_space(This(info).buffer())));
}

// (buffer, at the start, frozen)
Napi::Value FreezeNapi(const Napi::CallbackInfo& info) {
  const EvBuffer& self = This(info);
  const int at_front = BoolArg(info, 1) ? 1 : 0;
  const bool freeze = BoolArg(info, 2);
  if (!self.owned()) {
    ThrowEventError(self.env(), code::kState, "whether the buffer is frozen is the business of its owner");
  }
  (freeze ? evbuffer_freeze : evbuffer_unfreeze)(self.buffer(), at_front);
  return info.Env().Undefined();
}

// (buffer, flags, on)
Napi::Value SetFlagsNapi(const Napi::CallbackInfo& info) {
  const EvBuffer& self = This(info);
  const auto flags = static_cast<ev_uint64_t>(IntArg(info, 1));
  const bool on = BoolArg(info, 2);
  if (!self.owned()) {
    ThrowEventError(self.env(), code::kState, "the flags of the buffer are the business of its owner");
  }
  (on ? evbuffer_set_flags : evbuffer_clear_flags)(self.buffer(), flags);
  return info.Env().Undefined();
}

// --- changes -----------------------------------------------------------------------------------------

// (buffer, whether JsCallback::kBuffersChanged reports its changes)
Napi::Value WatchChangesNapi(const Napi::CallbackInfo& info) {
  EvBuffer& self = This(info);
  self.Watch(BoolArg(info, 1));
  return info.Env().Undefined();
}

// () -> flat array: buffer or 0, size before or the key of a reference that was let go, added, deleted …
Napi::Value TakeNewsNapi(const Napi::CallbackInfo& info) {
  return Environment::From(info).State<BufferNews>().Take();
}

}  // namespace

void EvBuffer::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<NewNapi>(env, exports, "bufferNew", state);
  ExportFunction<GetLengthNapi>(env, exports, "bufferGetLength", state);
  ExportFunction<AddNapi>(env, exports, "bufferAdd", state);
  ExportFunction<PrependNapi>(env, exports, "bufferPrepend", state);
  ExportFunction<DrainNapi>(env, exports, "bufferDrain", state);
  ExportFunction<RemoveNapi>(env, exports, "bufferRemove", state);
  ExportFunction<RemoveIntoNapi>(env, exports, "bufferRemoveInto", state);
  ExportFunction<CopyoutNapi>(env, exports, "bufferCopyout", state);
  ExportFunction<CopyoutIntoNapi>(env, exports, "bufferCopyoutInto", state);
  ExportFunction<AddIovecNapi>(env, exports, "bufferAddIovec", state);
  ExportFunction<AddBufferNapi>(env, exports, "bufferAddBuffer", state);
  ExportFunction<PrependBufferNapi>(env, exports, "bufferPrependBuffer", state);
  ExportFunction<AddBufferReferenceNapi>(env, exports, "bufferAddBufferReference", state);
  ExportFunction<RemoveBufferNapi>(env, exports, "bufferRemoveBuffer", state);
  ExportFunction<ExpandNapi>(env, exports, "bufferExpand", state);
  ExportFunction<GetContiguousSpaceNapi>(env, exports, "bufferGetContiguousSpace", state);
  ExportFunction<FreezeNapi>(env, exports, "bufferFreeze", state);
  ExportFunction<SetFlagsNapi>(env, exports, "bufferSetFlags", state);
  ExportFunction<WatchChangesNapi>(env, exports, "bufferWatch", state);
  ExportFunction<TakeNewsNapi>(env, exports, "bufferTakeNews", state);
  ExportSearch(env, exports, state);
  ExportIo(env, exports, state);
}

}  // namespace bitcoin_support
