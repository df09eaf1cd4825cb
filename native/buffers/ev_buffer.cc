#include "buffers/ev_buffer.h"

#include <event2/buffer.h>

#include <new>

#include "napi/environment.h"
#include "napi/errors.h"

namespace bitcoin_support {

EvBuffer::EvBuffer(Environment& env) : Handle(env, env.type_for(kKind), kKind), m_buffer(evbuffer_new()) {
  if (m_buffer == nullptr) throw std::bad_alloc();
}

EvBuffer::EvBuffer(Environment& env, evbuffer* buffer, BufferView& view, EventBase* base, Use use)
    : Handle(env, env.type_for(kKind), kKind), m_buffer(buffer), m_view(&view), m_base(base), m_use(use) {}

EvBuffer::~EvBuffer() {
  if (!owned()) return;
  m_watch.Stop();
  // What refers to this very buffer, directly or through another one, would keep it for ever.
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

void EvBuffer::Watch(bool on) {
  if (on) {
    watch().Start(*this);
  } else {
    watch().Stop();
  }
}

void EvBuffer::CheckMayChange() const {
  if (m_use == Use::kReadOnly) {
    ThrowEventError(env(), code::kState, "the buffer is at work for its owner: it can only be looked at");
  }
}

EvBuffer::Operation::Operation(EvBuffer& buffer, EvBuffer* other)
    : m_buffer(buffer), m_other(other), m_news(buffer.env().State<BufferNews>()) {
  ++m_buffer.m_operations;
  if (m_buffer.m_base != nullptr) m_busy.emplace(*m_buffer.m_base);
  if (m_other == nullptr) return;
  ++m_other->m_operations;
  if (m_other->m_base != nullptr) m_other_busy.emplace(*m_other->m_base);
}

EvBuffer::Operation::~Operation() {
  // The bases after the buffers: what they release may be what these are views of.
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

}  // namespace bitcoin_support
