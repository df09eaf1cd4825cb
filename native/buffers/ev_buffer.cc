#include "buffers/ev_buffer.h"

#include <event2/buffer.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "buffers/append_bytes.h"
#include "buffers/flat_bytes.h"
#include "buffers/unique_buffer.h"
#include "libevent/scrubbing_heap.h"
#include "napi/arguments.h"
#include "napi/byte_source.h"
#include "napi/byte_span.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/list.h"

namespace bitcoin_support {

EvBuffer::EvBuffer(Environment& env) : Handle(env, env.type_for(kKind), kKind), m_buffer(evbuffer_new()) {
  if (m_buffer == nullptr) throw std::bad_alloc();
}

EvBuffer::EvBuffer(Environment& env, evbuffer* buffer, BufferView& view, EventBase* base, Use use)
    : Handle(env, env.type_for(kKind), kKind), m_buffer(buffer), m_view(&view), m_base(base), m_use(use) {}

EvBuffer::~EvBuffer() {
  if (!owned()) return;
  m_watch.Stop();
  // A reference in it to itself, directly or through another evbuffer, would keep it for ever.
  evbuffer_unfreeze(m_buffer, 1);
  evbuffer_drain(m_buffer, evbuffer_get_length(m_buffer));
  evbuffer_free(m_buffer);
}

void EvBuffer::Dispose() {
  if (!live()) return;
  watch().Stop();
  Retire();
  if (m_view != nullptr) {
    m_view->m_handle = nullptr;
    m_view = nullptr;
    m_buffer = nullptr;
  }
  if (m_operations == 0) delete this;
}

void EvBuffer::LeaveOperation() {
  if (--m_operations == 0 && !live()) delete this;
}

BufferWatch& EvBuffer::watch() { return m_view != nullptr ? m_view->m_watch : m_watch; }

void EvBuffer::CheckMayChange() const {
  if (m_use == Use::kReadOnly) {
    ThrowEventError(env(), code::kState, "the buffer is at work for its owner: it can only be looked at");
  }
}

EvBuffer::Operation::Operation(EvBuffer& buffer, EvBuffer* other)
    : m_buffer(buffer), m_other(other), m_changes(buffer.env().State<BufferChanges>()) {
  ++m_buffer.m_operations;
  if (m_buffer.m_base != nullptr) m_busy.emplace(*m_buffer.m_base);
  if (m_other == nullptr) return;
  ++m_other->m_operations;
  if (m_other->m_base != nullptr) m_other_busy.emplace(*m_other->m_base);
}

EvBuffer::Operation::~Operation() {
  // Leave the buffers before the bases: a base that is idle may free the owners of these views.
  if (m_other != nullptr) m_other->LeaveOperation();
  m_buffer.LeaveOperation();
}

Napi::Value EvBuffer::Operation::End(Napi::Value result) {
  m_buffer.env().callbacks().ReportBufferChangesToCaller();
  return result;
}

EvBuffer& BufferView::Get(Environment& env, EventBase* base, evbuffer* buffer, EvBuffer::Use use) {
  if (m_handle == nullptr) m_handle = new EvBuffer(env, buffer, *this, base, use);
  m_handle->m_base = base;
  return *m_handle;
}

void BufferView::Invalidate() {
  if (m_handle == nullptr) return;
  const Environment::EndScope ends(m_handle->env(), EndReason::kWithOwner);
  m_handle->Dispose();
}

namespace {

// The most that one call moves or makes room for: libevent returns the number in an int.
constexpr size_t kMaxBufferSize = 0x7fffffff;

EvBuffer& This(const Napi::CallbackInfo& info) { return Environment::From(info).Get<EvBuffer>(info[0]); }

EvBuffer& Changeable(const Napi::CallbackInfo& info) {
  EvBuffer& self = This(info);
  self.CheckMayChange();
  return self;
}

EvBuffer& Other(const Napi::CallbackInfo& info) { return Environment::From(info).Get<EvBuffer>(info[1]); }

// A number of bytes from the start; the end is a position too.
size_t PositionArg(const Napi::CallbackInfo& info, size_t index, const EvBuffer& buffer) {
  const double position = NumberArg(info, index);
  const auto length = static_cast<double>(evbuffer_get_length(buffer.buffer()));
  if (!(position >= 0 && position <= length) || std::floor(position) != position) {
    ThrowRangeError(info.Env(), "the start must be a position in the buffer, which has " +
                                    std::to_string(static_cast<uint64_t>(length)) + " bytes");
  }
  return static_cast<size_t>(position);
}

evbuffer_ptr PtrAt(const EvBuffer& buffer, size_t position) {
  evbuffer_ptr ptr{};
  evbuffer_ptr_set(buffer.buffer(), &ptr, position, EVBUFFER_PTR_SET);
  return ptr;
}

// The pieces of memory that hold the first `length` bytes from `from` on; a negative `length` means all. The
// last piece may be longer.
std::vector<evbuffer_iovec> PiecesOf(const EvBuffer& buffer, ev_ssize_t length, evbuffer_ptr* from) {
  const int count = evbuffer_peek(buffer.buffer(), length, from, nullptr, 0);
  std::vector<evbuffer_iovec> pieces(static_cast<size_t>(count));
  evbuffer_peek(buffer.buffer(), length, from, pieces.data(), count);
  return pieces;
}

[[noreturn]] void ThrowFrozen(const EvBuffer& buffer, const char* end) {
  ThrowEventError(buffer.env(), code::kState, std::string("the buffer is frozen at its ") + end);
}

// Committing nothing does nothing, and fails only on a frozen evbuffer.
void CheckEndOpen(const EvBuffer& buffer) {
  if (evbuffer_commit_space(buffer.buffer(), nullptr, 0) != 0) ThrowFrozen(buffer, "end");
}

// So does draining nothing.
void CheckStartOpen(const EvBuffer& buffer) {
  if (evbuffer_drain(buffer.buffer(), 0) != 0) ThrowFrozen(buffer, "start");
}

void DrainBytes(EvBuffer& buffer, size_t size) {
  if (evbuffer_drain(buffer.buffer(), size) != 0) ThrowFrozen(buffer, "start");
}

// @returns a new Buffer with `size` bytes, or with fewer at the end
Napi::Value CopyBytes(const EvBuffer& buffer, size_t start, size_t size) {
  const Napi::Env env = buffer.env().napi();
  size = std::min(size, evbuffer_get_length(buffer.buffer()) - start);
  if (size > 0) CheckStartOpen(buffer);
  void* data = nullptr;
  napi_value copy;
  if (napi_create_buffer(env, size, &data, &copy) != napi_ok) throw Napi::Error::New(env);
  const evbuffer_ptr from = PtrAt(buffer, start);
  evbuffer_copyout_from(buffer.buffer(), &from, data, size);
  return Napi::Value(env, copy);
}

// Fills a Uint8Array as far as there are bytes. @returns how many it copied
size_t CopyBytesInto(const EvBuffer& buffer, size_t start, napi_value target) {
  const Napi::Env env = buffer.env().napi();
  napi_typedarray_type type{};
  bool is_typed_array = false;
  napi_is_typedarray(env, target, &is_typed_array);
  if (!is_typed_array ||
      napi_get_typedarray_info(env, target, &type, nullptr, nullptr, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    ThrowTypeError(env, "not a Uint8Array");
  }
  const ByteSpan span = ByteSpan::Of(env, target);
  const size_t size = std::min(span.size, evbuffer_get_length(buffer.buffer()) - start);
  if (size == 0) return 0;
  CheckStartOpen(buffer);
  const evbuffer_ptr from = PtrAt(buffer, start);
  evbuffer_copyout_from(buffer.buffer(), &from, span.data, size);
  return size;
}

// Appends a copy of `from`'s content, which may be frozen.
void CopyBuffer(EvBuffer& buffer, const EvBuffer& from) {
  const UniqueBuffer copy = NewBuffer();
  for (const evbuffer_iovec& piece : PiecesOf(from, -1, nullptr)) {
    if (evbuffer_add(copy.get(), piece.iov_base, piece.iov_len) != 0) throw std::bad_alloc();
  }
  evbuffer_add_buffer(buffer.buffer(), copy.get());
}

// --- bytes --------------------------------------------------------------------------------------------

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
  CheckEndOpen(self);
  AppendBytes(info.Env(), info[1], self.buffer());
  return operation.End(info.Env().Undefined());
}

// (buffer, string or bytes)
Napi::Value PrependNapi(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  EvBuffer::Operation operation(self);
  // evbuffer_prepend() takes bytes that lie in memory, which those of a string do not.
  const UniqueBuffer bytes = NewBuffer();
  AppendBytes(info.Env(), info[1], bytes.get());
  if (evbuffer_prepend_buffer(self.buffer(), bytes.get()) != 0) ThrowFrozen(self, "start");
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

// --- between buffers ---------------------------------------------------------------------------------

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
    // A reference must not outlive the owner, nor a lock that the evbuffer has from it.
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

// --- looking into it -----------------------------------------------------------------------------------

evbuffer_eol_style EolArg(const Napi::CallbackInfo& info, size_t index) {
  const int style = IntArg(info, index);
  if (style < EVBUFFER_EOL_ANY || style > EVBUFFER_EOL_NUL) ThrowRangeError(info.Env(), "no style of lines");
  return static_cast<evbuffer_eol_style>(style);
}

Napi::Value TextOrBuffer(Napi::Env env, const char* data, size_t size, bool text) {
  napi_value value;
  const napi_status status = text ? napi_create_string_utf8(env, data, size, &value)
                                  : napi_create_buffer_copy(env, size, data, nullptr, &value);
  if (status != napi_ok) throw Napi::Error::New(env);
  return Napi::Value(env, value);
}

// (buffer, what, start, end) -> position, -1 when it is not there
Napi::Value SearchNapi(const Napi::CallbackInfo& info) {
  const EvBuffer& self = This(info);
  const UniqueBuffer what = NewBuffer();
  AppendBytes(info.Env(), info[1], what.get());
  const size_t start = PositionArg(info, 2, self);
  const size_t end = PositionArg(info, 3, self);
  const size_t size = evbuffer_get_length(what.get());
  if (start > end || size > end - start) return Napi::Number::New(info.Env(), -1);
  if (size == 0) return Napi::Number::New(info.Env(), static_cast<double>(start));
  const FlatBytes bytes(what.get(), 0, size);
  const evbuffer_ptr from = PtrAt(self, start);
  const evbuffer_ptr to = PtrAt(self, end);
  const evbuffer_ptr found = evbuffer_search_range(self.buffer(), bytes.data(), size, &from, &to);
  return Napi::Number::New(info.Env(), static_cast<double>(found.pos));
}

// (buffer, start, style) -> [position, length of the line's end], undefined when there is none
Napi::Value SearchEolNapi(const Napi::CallbackInfo& info) {
  const EvBuffer& self = This(info);
  evbuffer_ptr from = PtrAt(self, PositionArg(info, 1, self));
  size_t length = 0;
  const evbuffer_ptr found = evbuffer_search_eol(self.buffer(), &from, &length, EolArg(info, 2));
  if (found.pos < 0) return info.Env().Undefined();
  return NewList(info.Env(), {Napi::Number::New(info.Env(), static_cast<double>(found.pos)),
                              Napi::Number::New(info.Env(), static_cast<double>(length))});
}

// (buffer, style, as text) -> the line, undefined when there is none
Napi::Value ReadlnNapi(const Napi::CallbackInfo& info) {
  EvBuffer& self = This(info);
  self.CheckMayChange();
  const evbuffer_eol_style style = EolArg(info, 1);
  const bool text = BoolArg(info, 2);
  CheckStartOpen(self);
  EvBuffer::Operation operation(self);
  size_t length = 0;
  const std::unique_ptr<char, decltype(&ScrubbingFree)> line(evbuffer_readln(self.buffer(), &length, style),
                                                             ScrubbingFree);
  if (line == nullptr) return info.Env().Undefined();
  return operation.End(TextOrBuffer(info.Env(), line.get(), length, text));
}

// (buffer, start, bytes) -> list of Buffers, one for each piece
Napi::Value PeekNapi(const Napi::CallbackInfo& info) {
  const EvBuffer& self = This(info);
  const size_t start = PositionArg(info, 1, self);
  size_t left =
      std::min(static_cast<size_t>(ByteLimitArg(info, 2)), evbuffer_get_length(self.buffer()) - start);
  std::vector<napi_value> list;
  if (left == 0) return NewList(info.Env(), list);
  evbuffer_ptr from = PtrAt(self, start);
  for (const evbuffer_iovec& piece : PiecesOf(self, static_cast<ev_ssize_t>(left), &from)) {
    const size_t size = std::min(piece.iov_len, left);
    if (size == 0) continue;
    left -= size;
    list.push_back(TextOrBuffer(info.Env(), static_cast<const char*>(piece.iov_base), size, false));
  }
  return NewList(info.Env(), list);
}

// --- descriptors, files and references ----------------------------------------------------------------

// What evbuffer_add_reference() refers to, with the bytes behind it.
struct Reference {
  Environment* env;
  double key;
  char bytes[1];
};

void ReleaseReference(const void*, size_t, void* extra) {
  auto* const reference = static_cast<Reference*>(extra);
  if (reference->key != 0) reference->env->State<BufferChanges>().AddRelease(reference->key);
  ScrubbingFree(reference);
}

// (buffer, bytes, key | 0): with a key, libevent's release of the bytes is reported as a change.
//
// The bytes are copied: JavaScript may transfer an ArrayBuffer's memory at any time.
Napi::Value AddReferenceNapi(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  const double key = NumberArg(info, 2);
  EvBuffer::Operation operation(self);
  CheckEndOpen(self);
  const ByteSource bytes(info.Env(), info[1]);
  // One more than its size: see ByteSource::CopyTo().
  auto* const reference =
      static_cast<Reference*>(ScrubbingMalloc(offsetof(Reference, bytes) + bytes.size() + 1));
  if (reference == nullptr) throw std::bad_alloc();
  reference->env = &self.env();
  reference->key = key;
  bytes.CopyTo(reference->bytes);
  if (bytes.size() == 0) {
    ReleaseReference(nullptr, 0, reference);
  } else if (evbuffer_add_reference(self.buffer(), reference->bytes, bytes.size(), ReleaseReference,
                                    reference) != 0) {
    ScrubbingFree(reference);
    throw std::bad_alloc();
  }
  return operation.End(info.Env().Undefined());
}

// (buffer, fd, offset, length | negative for all): libevent owns the descriptor afterwards
Napi::Value AddFileNapi(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  const int fd = IntArg(info, 1);
  const auto offset = static_cast<ev_off_t>(ByteLimitArg(info, 2));
  const double wanted = NumberArg(info, 3);
  const std::string what = "descriptor " + std::to_string(fd);
  struct stat status{};
  if (fstat(fd, &status) != 0) ThrowSystemError(self.env(), code::kLibevent, "fstat", errno, what);
  const auto left = std::max<ev_off_t>(status.st_size - offset, 0);
  const ev_off_t length = wanted >= 0 ? static_cast<ev_off_t>(ByteLimitArg(info, 3)) : left;
  if (length > left || length > static_cast<ev_off_t>(kMaxBufferSize)) {
    ThrowRangeError(info.Env(),
                    "length must be no more than the file has from the offset on, and below 2 GiB");
  }
  EvBuffer::Operation operation(self);
  CheckEndOpen(self);
  if (length == 0) {
    // libevent makes no segment of 0 bytes. A descriptor without an offset is no file.
    if (lseek(fd, 0, SEEK_CUR) < 0) ThrowSystemError(self.env(), code::kLibevent, "lseek", errno, what);
    close(fd);
    return info.Env().Undefined();
  }
  // libevent reads the file now. If it were mapped, truncating it would end the process. If it were left to
  // sendfile(), libevent would read foreign memory when somebody looks at its bytes.
  constexpr unsigned kFlags = EVBUF_FS_CLOSE_ON_FREE | EVBUF_FS_DISABLE_MMAP | EVBUF_FS_DISABLE_SENDFILE;
  errno = 0;
  evbuffer_file_segment* const segment = evbuffer_file_segment_new(fd, offset, length, kFlags);
  if (segment == nullptr)
    ThrowSystemError(self.env(), code::kLibevent, "evbuffer_file_segment_new", errno, what);
  if (evbuffer_add_file_segment(self.buffer(), segment, 0, length) != 0) throw std::bad_alloc();
  evbuffer_file_segment_free(segment);
  return operation.End(info.Env().Undefined());
}

// (buffer, fd, bytes | negative for what there is) -> how many were read; 0 at the end of the stream
Napi::Value ReadNapi(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  const int fd = IntArg(info, 1);
  const double wanted = NumberArg(info, 2);
  const int size = wanted >= 0 ? static_cast<int>(std::min<double>(wanted, kMaxBufferSize)) : -1;
  EvBuffer::Operation operation(self);
  CheckEndOpen(self);
  errno = 0;
  const int read = evbuffer_read(self.buffer(), fd, size);
  if (read < 0) {
    ThrowSystemError(self.env(), code::kLibevent, "readv", errno, "descriptor " + std::to_string(fd));
  }
  return operation.End(Napi::Number::New(info.Env(), read));
}

// (buffer, fd, bytes | negative for all) -> how many were written
Napi::Value WriteNapi(const Napi::CallbackInfo& info) {
  EvBuffer& self = Changeable(info);
  const int fd = IntArg(info, 1);
  const double wanted = NumberArg(info, 2);
  const ev_ssize_t size = wanted >= 0 ? static_cast<ev_ssize_t>(ByteLimitArg(info, 2)) : -1;
  EvBuffer::Operation operation(self);
  CheckStartOpen(self);
  // libevent returns -1 also when there is nothing to write.
  if (size == 0 || evbuffer_get_length(self.buffer()) == 0) return Napi::Number::New(info.Env(), 0);
  errno = 0;
  const int written = evbuffer_write_atmost(self.buffer(), fd, size);
  if (written < 0) {
    ThrowSystemError(self.env(), code::kLibevent, "writev", errno, "descriptor " + std::to_string(fd));
  }
  return operation.End(Napi::Number::New(info.Env(), written));
}

// --- changes -----------------------------------------------------------------------------------------

// () -> flat array of all changes: buffer, size before, added, deleted; or 0 and the key of a released
// reference
Napi::Value TakeChangesNapi(const Napi::CallbackInfo& info) {
  return Environment::From(info).State<BufferChanges>().Take();
}

}  // namespace

// (buffer, whether its changes are reported)
Napi::Value EvBuffer::WatchChangesNapi(const Napi::CallbackInfo& info) {
  EvBuffer& self = This(info);
  if (BoolArg(info, 1)) {
    self.watch().Start(self);
  } else {
    self.watch().Stop();
  }
  return info.Env().Undefined();
}

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
  ExportFunction<SearchNapi>(env, exports, "bufferSearch", state);
  ExportFunction<SearchEolNapi>(env, exports, "bufferSearchEol", state);
  ExportFunction<ReadlnNapi>(env, exports, "bufferReadln", state);
  ExportFunction<PeekNapi>(env, exports, "bufferPeek", state);
  ExportFunction<AddReferenceNapi>(env, exports, "bufferAddReference", state);
  ExportFunction<AddFileNapi>(env, exports, "bufferAddFile", state);
  ExportFunction<ReadNapi>(env, exports, "bufferRead", state);
  ExportFunction<WriteNapi>(env, exports, "bufferWrite", state);
  ExportFunction<WatchChangesNapi>(env, exports, "bufferWatch", state);
  ExportFunction<TakeChangesNapi>(env, exports, "bufferTakeChanges", state);
}

}  // namespace bitcoin_support
