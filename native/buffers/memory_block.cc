#include "buffers/memory_block.h"

#include <event2/buffer.h>

#include <new>
#include <utility>

#include "libevent/scrubbing_heap.h"

namespace bitcoin_support {

MemoryBlock::MemoryBlock(size_t capacity)
    : m_data(static_cast<char*>(ScrubbingMalloc(capacity))), m_capacity(capacity) {
  if (m_data == nullptr) throw std::bad_alloc();
}

MemoryBlock::~MemoryBlock() {
  if (m_javascripts) ScrubbingLeaveToJavaScript(-1);
  ScrubbingFree(m_data);
}

std::shared_ptr<MemoryBlock> MemoryBlock::CopyOf(evbuffer* buffer, size_t length) {
  auto block = std::make_shared<MemoryBlock>(length);
  evbuffer_copyout(buffer, block->end(), length);
  block->Commit(length);
  return block;
}

Napi::Value MemoryBlock::ToBuffer(Napi::Env env, std::shared_ptr<MemoryBlock> block) {
  using Owner = std::shared_ptr<MemoryBlock>;
  const auto release = [](napi_env, void*, void* owner) { delete static_cast<Owner*>(owner); };
  auto owner = std::make_unique<Owner>(std::move(block));
  const std::string_view bytes = (*owner)->view();
  napi_value buffer = nullptr;
  const napi_status status = napi_create_external_buffer(env, bytes.size(), const_cast<char*>(bytes.data()),
                                                         release, owner.get(), &buffer);
  if (status == napi_ok) {
    if (!std::exchange((*owner)->m_javascripts, true)) ScrubbingLeaveToJavaScript(1);
    owner.release();
  } else if (napi_create_buffer_copy(env, bytes.size(), bytes.data(), nullptr, &buffer) != napi_ok) {
    throw Napi::Error::New(env);
  }
  return Napi::Value(env, buffer);
}

}  // namespace bitcoin_support
