#include "buffers/memory_block.h"

#include <event2/buffer.h>

#include <new>
#include <unordered_map>
#include <utility>

#include "libevent/per_thread.h"
#include "libevent/scrubbing_heap.h"

namespace bitcoin_support {
namespace {

using Owner = std::shared_ptr<MemoryBlock>;

// The blocks that evbuffers of this thread refer to, by their memory: libevent does not say what a piece of a
// buffer is a reference to.
thread_local PerThread<std::unordered_map<const void*, std::weak_ptr<MemoryBlock>>> t_referred;

}  // namespace

MemoryBlock::MemoryBlock(size_t capacity)
    : m_data(static_cast<char*>(ScrubbingMallocForJavaScript(capacity))), m_capacity(capacity) {
  if (m_data == nullptr) throw std::bad_alloc();
}

MemoryBlock::~MemoryBlock() {
  if (m_javascripts) {
    ScrubbingFreeForJavaScript(m_data);
  } else {
    ScrubbingFreeUsed(m_data, m_size);
  }
}

void MemoryBlock::Append(const Owner& block, evbuffer* buffer) {
  auto owner = std::make_unique<Owner>(block);
  const std::string_view bytes = block->view();
  t_referred->insert_or_assign(bytes.data(), block);
  const auto release = [](const void* data, size_t, void* arg) {
    t_referred->erase(data);
    delete static_cast<Owner*>(arg);
  };
  if (evbuffer_add_reference(buffer, bytes.data(), bytes.size(), release, owner.get()) != 0) {
    t_referred->erase(bytes.data());
    throw std::bad_alloc();
  }
  owner.release();
}

// The block that the first `length` bytes are all of; null for none.
Owner MemoryBlock::Only(evbuffer* buffer, size_t length) {
  evbuffer_iovec piece{};
  if (evbuffer_peek(buffer, static_cast<ev_ssize_t>(length), nullptr, &piece, 1) != 1) return nullptr;
  const auto entry = t_referred->find(piece.iov_base);
  if (entry == t_referred->end()) return nullptr;
  Owner block = entry->second.lock();
  const bool all = block != nullptr && !block->m_javascripts && block->view().size() == length;
  return all ? block : nullptr;
}

Napi::Value MemoryBlock::BufferOf(Napi::Env env, evbuffer* buffer, size_t length) {
  Owner block = Only(buffer, length);
  if (block == nullptr) {
    block = std::make_shared<MemoryBlock>(length);
    evbuffer_copyout(buffer, block->end(), length);
    block->Commit(length);
  }
  return ToBuffer(env, std::move(block));
}

// V8 looks whether the memory of young ArrayBuffers is worth a collection when it allocates such memory, not
// when it is given some. Otherwise it collects less often, its whole heap, and our memory is out of the
// processor's cache before it is used again.
void MemoryBlock::HastenCollection(Napi::Env env) {
  napi_value array_buffer = nullptr;
  void* data = nullptr;
  (void)napi_create_arraybuffer(env, 1, &data, &array_buffer);
}

Napi::Value MemoryBlock::ToBuffer(Napi::Env env, Owner block) {
  const auto release = [](napi_env, void*, void* owner) { delete static_cast<Owner*>(owner); };
  auto owner = std::make_unique<Owner>(std::move(block));
  const std::string_view bytes = (*owner)->view();
  napi_value buffer = nullptr;
  HastenCollection(env);
  const napi_status status = napi_create_external_buffer(env, bytes.size(), const_cast<char*>(bytes.data()),
                                                         release, owner.get(), &buffer);
  if (status == napi_ok) {
    (*owner)->m_javascripts = true;
    ScrubbingLeaveToJavaScript();
    owner.release();
  } else if (napi_create_buffer_copy(env, bytes.size(), bytes.data(), nullptr, &buffer) != napi_ok) {
    throw Napi::Error::New(env);
  }
  return Napi::Value(env, buffer);
}

}  // namespace bitcoin_support
