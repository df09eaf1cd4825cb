#include "buffers/buffer_changes.h"

#include <event2/buffer.h>

#include <new>
#include <unordered_map>
#include <utility>

#include "buffers/ev_buffer.h"
#include "libevent/catch_bad_alloc.h"
#include "libevent/per_thread.h"
#include "napi/environment.h"
#include "napi/list.h"

namespace bitcoin_support {
namespace {

// By token. A buffer stays on its thread.
thread_local PerThread<std::unordered_map<uintptr_t, EvBuffer*>> t_watched;
thread_local uintptr_t t_last_token = 0;

}  // namespace

void BufferChanges::AddChange(const EvBuffer& buffer, const evbuffer_cb_info& info) {
  Add({buffer.number(), static_cast<double>(info.orig_size), static_cast<double>(info.n_added),
       static_cast<double>(info.n_deleted)});
  if (m_scopes == 0 && buffer.base() != nullptr) buffer.base()->ReportBufferChangesSoon();
}

void BufferChanges::AddRelease(double key) { Add({0, key, 0, 0}); }

void BufferChanges::Add(const Change& change) {
  if (!m_env.can_call_js()) return;
  // A callback of an evbuffer. Without memory the change is not reported.
  CatchBadAlloc([&] { m_changes.push_back(change); }, [] {});
  m_env.callbacks().set_buffers_changed(true);
  m_env.numbers().Set(SharedNumber::kBufferChanges, static_cast<double>(m_changes.size()));
}

Napi::Value BufferChanges::Take() {
  const Napi::Env env = m_env.napi();
  const auto changes = std::exchange(m_changes, {});
  m_env.callbacks().set_buffers_changed(false);
  m_env.numbers().Set(SharedNumber::kBufferChanges, 0);
  std::vector<napi_value> list;
  list.reserve(changes.size() * 4);
  for (const Change& change : changes) {
    for (const double part : {change.buffer, change.size, change.added, change.deleted}) {
      list.push_back(Napi::Number::New(env, part));
    }
  }
  return NewList(env, list);
}

void BufferWatch::Start(EvBuffer& handle) {
  if (m_token == 0) {
    const uintptr_t token = ++t_last_token;
    if (evbuffer_add_cb(handle.buffer(), OnChange, reinterpret_cast<void*>(token)) == nullptr) {
      throw std::bad_alloc();
    }
    m_token = token;
  }
  (*t_watched)[m_token] = &handle;
}

void BufferWatch::Stop() {
  if (m_token != 0) t_watched->erase(m_token);
}

void BufferWatch::OnChange(evbuffer*, const evbuffer_cb_info* info, void* token) {
  const auto watched = t_watched->find(reinterpret_cast<uintptr_t>(token));
  if (watched == t_watched->end()) return;
  const EvBuffer& handle = *watched->second;
  if (handle.live()) handle.env().State<BufferChanges>().AddChange(handle, *info);
}

}  // namespace bitcoin_support
