#include "buffers/buffer_news.h"

#include <event2/buffer.h>

#include <new>
#include <unordered_map>
#include <utility>

#include "buffers/ev_buffer.h"
#include "napi/environment.h"
#include "napi/list.h"

namespace bitcoin_support {
namespace {

// A buffer stays on its thread.
thread_local std::unordered_map<uintptr_t, EvBuffer*> t_watching;
thread_local uintptr_t t_last_token = 0;

}  // namespace

void BufferNews::NoteChange(const EvBuffer& buffer, const evbuffer_cb_info& info) {
  Add({buffer.number(), static_cast<double>(info.orig_size), static_cast<double>(info.n_added),
       static_cast<double>(info.n_deleted)});
  if (m_scopes == 0 && buffer.base() != nullptr) buffer.base()->ReportBufferChangesSoon();
}

void BufferNews::NoteReleased(double key) { Add({0, key, 0, 0}); }

void BufferNews::Add(const BufferNote& note) {
  if (!m_env.can_call_js()) return;
  m_notes.push_back(note);
  m_env.callbacks().set_buffers_changed(true);
  m_env.numbers().Set(SharedNumber::kBufferChanges, static_cast<double>(m_notes.size()));
}

Napi::Value BufferNews::Take() {
  const Napi::Env env = m_env.napi();
  const auto notes = std::exchange(m_notes, {});
  m_env.callbacks().set_buffers_changed(false);
  m_env.numbers().Set(SharedNumber::kBufferChanges, 0);
  std::vector<napi_value> list;
  list.reserve(notes.size() * 4);
  for (const BufferNote& note : notes) {
    for (const double part : {note.buffer, note.size, note.added, note.deleted}) {
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
  t_watching[m_token] = &handle;
}

void BufferWatch::Stop() {
  if (m_token != 0) t_watching.erase(m_token);
}

void BufferWatch::OnChange(evbuffer*, const evbuffer_cb_info* info, void* token) {
  const auto watching = t_watching.find(reinterpret_cast<uintptr_t>(token));
  if (watching == t_watching.end()) return;
  const EvBuffer& handle = *watching->second;
  if (handle.live()) handle.env().State<BufferNews>().NoteChange(handle, *info);
}

}  // namespace bitcoin_support
