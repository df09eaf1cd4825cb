#include "napi/handle.h"

#include "napi/environment.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {

Handle::Handle(Environment& env, HandleType& type, HandleKind kind)
    : m_env(env),
      m_type(type),
      m_kind(kind),
      m_count(std::in_place, type),
      m_id(type.next_id.fetch_add(1, std::memory_order_relaxed)),
      m_number(env.table().Insert(*this)) {
  env.NoteCreated(*this);
}

Handle::~Handle() { Retire(); }

void Handle::Retire() {
  if (!live()) return;
  m_env.table().Remove(m_number, {&m_type, m_id, m_env.EndReasonOf(*this)});
  m_count.reset();
  m_env.NoteDropped(*this);
}

void* Handle::operator new(size_t size) { return ::operator new(size); }

void Handle::operator delete(void* ptr, size_t size) {
  MemoryCleanse(ptr, size);
  ::operator delete(ptr);
}

}  // namespace bitcoin_support
