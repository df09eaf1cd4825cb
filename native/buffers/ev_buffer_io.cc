// The native functions by which an EvBuffer meets descriptors, files and memory that is let go later.
#include <event2/buffer.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <new>

#include "buffers/buffer_bytes.h"
#include "buffers/ev_buffer.h"
#include "libevent/scrubbing_heap.h"
#include "napi/arguments.h"
#include "napi/byte_source.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"

namespace bitcoin_support {
namespace {

EvBuffer& Changeable(const Napi::CallbackInfo& info) {
  EvBuffer& self = Environment::From(info).Get<EvBuffer>(info[0]);
  self.CheckMayChange();
  return self;
}

// What libevent refers to, with the bytes behind it.
struct Reference {
  Environment* env;
  double key;
  char bytes[1];
};

void LetGo(const void*, size_t, void* extra) {
  auto* const reference = static_cast<Reference*>(extra);
  if (reference->key != 0) reference->env->State<BufferNews>().NoteReleased(reference->key);
  ScrubbingFree(reference);
}

// (buffer, bytes, key | 0): with a key, JsCallback::kBuffersChanged reports when libevent has let go of the
// bytes.
//
// They are a copy: JavaScript can take an ArrayBuffer's memory away at any time, by transferring it.
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
    LetGo(nullptr, 0, reference);
  } else if (evbuffer_add_reference(self.buffer(), reference->bytes, bytes.size(), LetGo, reference) != 0) {
    ScrubbingFree(reference);
    throw std::bad_alloc();
  }
  return operation.End(info.Env().Undefined());
}

// (buffer, fd, offset, length | negative for all): the descriptor is libevent's when it returns
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
    // libevent makes no segment of nothing. What has no offset is no file.
    if (lseek(fd, 0, SEEK_CUR) < 0) ThrowSystemError(self.env(), code::kLibevent, "lseek", errno, what);
    close(fd);
    return info.Env().Undefined();
  }
  // The file is read now. Mapped, it would end the process when it is truncated; left to sendfile(), its
  // bytes could not be looked at, and libevent would read foreign memory in their stead.
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
  // libevent answers -1 also when there is nothing to write.
  if (size == 0 || evbuffer_get_length(self.buffer()) == 0) return Napi::Number::New(info.Env(), 0);
  errno = 0;
  const int written = evbuffer_write_atmost(self.buffer(), fd, size);
  if (written < 0) {
    ThrowSystemError(self.env(), code::kLibevent, "writev", errno, "descriptor " + std::to_string(fd));
  }
  return operation.End(Napi::Number::New(info.Env(), written));
}

}  // namespace

void EvBuffer::ExportIo(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<AddReferenceNapi>(env, exports, "bufferAddReference", state);
  ExportFunction<AddFileNapi>(env, exports, "bufferAddFile", state);
  ExportFunction<ReadNapi>(env, exports, "bufferRead", state);
  ExportFunction<WriteNapi>(env, exports, "bufferWrite", state);
}

}  // namespace bitcoin_support
