#include "memory/owned_buffers.h"

#include <algorithm>
#include <utility>

#include "memory/share_tokens.h"
#include "napi/environment.h"
#include "secure/secure_buffer.h"

namespace bitcoin_support {
namespace {

size_t IndexOf(BufferNumber number) {
  return static_cast<size_t>(number & ((BufferNumber{1} << SecureBufferTable::kIndexBits) - 1));
}

}  // namespace

OwnedBuffers::OwnedBuffers(Environment& env) : m_env(env.napi()) {}

OwnedBuffers::~OwnedBuffers() {
  SecureBufferTable* const table = SecureBufferTable::IfMade();
  if (table == nullptr) return;
  ExpireShares(this);
  for (const Share& share : m_by_index) {
    if (share.number != 0) table->Release(share.number);
  }
  for (const Share& share : m_more) table->Release(share.number);
}

void OwnedBuffers::Add(BufferNumber number) {
  const size_t index = IndexOf(number);
  if (index >= m_by_index.size()) m_by_index.resize(std::max(index + 1, m_by_index.size() * 2));
  const Share share{number, SecureBuffer(number).Capacity().value_or(0)};
  if (m_by_index[index].number == number) {
    m_more.push_back(share);
  } else {
    // An older generation in the same place needs no release: another thread has destroyed it.
    ReportToV8(-static_cast<int64_t>(m_by_index[index].bytes));
    m_by_index[index] = share;
  }
  ReportToV8(static_cast<int64_t>(share.bytes));
}

bool OwnedBuffers::Remove(BufferNumber number) {
  if (number == 0) return false;  // empty places have 0
  const auto same = [=](const Share& share) { return share.number == number; };
  const auto more = std::find_if(m_more.begin(), m_more.end(), same);
  if (more != m_more.end()) {
    ReportToV8(-static_cast<int64_t>(more->bytes));
    m_more.erase(more);
    return true;
  }
  const size_t index = IndexOf(number);
  if (index >= m_by_index.size() || m_by_index[index].number != number) return false;
  ReportToV8(-static_cast<int64_t>(m_by_index[index].bytes));
  m_by_index[index] = {};
  return true;
}

void OwnedBuffers::RemoveAll(BufferNumber number) {
  while (Remove(number)) continue;
}

void OwnedBuffers::Watch(BufferNumber number, napi_value object) {
  napi_ref weak = nullptr;
  if (number == 0 || napi_create_reference(m_env, object, 0, &weak) != napi_ok) return;
  m_watched.push_back({number, weak});
}

bool OwnedBuffers::Unwatch(BufferNumber number) {
  // From the end: most buffers end soon after they were made.
  const auto found = std::find_if(m_watched.rbegin(), m_watched.rend(),
                                  [=](const Watched& each) { return each.number == number; });
  if (found == m_watched.rend()) return false;
  napi_delete_reference(m_env, found->object);
  *found = m_watched.back();
  m_watched.pop_back();
  return true;
}

void OwnedBuffers::ReleaseCollected(size_t size) {
  if (size < kWatched) return;
  m_made += size;
  // Only when as many have been made as are watched, so that the cost of a buffer does not grow with their
  // number.
  if (m_made < std::max(kBetweenLooks, m_watched.size() * kWatched)) return;
  m_made = 0;
  const Napi::HandleScope scope(m_env);
  std::erase_if(m_watched, [this](const Watched& each) {
    napi_value object = nullptr;
    if (napi_get_reference_value(m_env, each.object, &object) != napi_ok || object != nullptr) return false;
    napi_delete_reference(m_env, each.object);
    if (Remove(each.number)) SecureBufferTable::Instance().Release(each.number);
    return true;
  });
}

// In steps: V8 considers a collection at each call.
void OwnedBuffers::ReportToV8(int64_t change) {
  constexpr int64_t kStep = 64 * 1024;
  m_unaccounted += change;
  if (m_unaccounted < kStep && m_unaccounted > -kStep) return;
  int64_t total = 0;
  napi_adjust_external_memory(m_env, std::exchange(m_unaccounted, 0), &total);
}

}  // namespace bitcoin_support
