#include "memory/lent_memory.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "secure/locked_pool_manager.h"

namespace bitcoin_support {
namespace {

LockedPool& Pool() { return LockedPoolManager::Instance().pool(); }

}  // namespace

LentMemory::~LentMemory() {
  for (const Pages pages : m_idle) FreeLockedRegion(pages.memory, pages.size);
  for (SecureRegion* const region : m_lent) region->set_owner(nullptr);
}

LentMemory::Pages LentMemory::Take(size_t size) {
  // The smallest that will do.
  auto found = m_idle.end();
  for (auto at = m_idle.begin(); at != m_idle.end(); ++at) {
    if (at->size >= size && (found == m_idle.end() || at->size < found->size)) found = at;
  }
  if (found != m_idle.end()) {
    const Pages pages = *found;
    m_idle.erase(found);
    Pool().SetIdle(pages.memory, false);
    return pages;
  }
  const size_t wanted = std::max(size, kSmallest);
  return {Pool().AllocRegion(wanted), wanted};
}

void LentMemory::Keep(Pages pages) {
  if (pages.size > kLargestKept) return FreeLockedRegion(pages.memory, pages.size);
  Pool().SetIdle(pages.memory, true);
  m_idle.push_back(pages);
  if (m_idle.size() <= kKept) return;
  const auto smaller = [](const Pages& left, const Pages& right) { return left.size < right.size; };
  const auto smallest = std::min_element(m_idle.begin(), m_idle.end(), smaller);
  FreeLockedRegion(smallest->memory, smallest->size);
  m_idle.erase(smallest);
}

Napi::Value LentMemory::Lend(Napi::Env env, std::span<const unsigned char> content) {
  // An ArrayBuffer of no bytes has no memory.
  const size_t length = std::max<size_t>(content.size(), 1);
  const Pages pages = Take(length);
  if (pages.memory == nullptr) return env.Undefined();
  napi_value buffer = nullptr;
  SecureRegion* const region = SecureRegion::Show(env, this, pages.memory, pages.size, length, &buffer);
  if (region == nullptr) {
    Keep(pages);
    return env.Undefined();
  }
  m_lent.push_back(region);
  if (!content.empty()) std::memcpy(pages.memory, content.data(), content.size());
  return Napi::Value(env, buffer);
}

bool LentMemory::TakeBack(Napi::Env env, napi_value buffer) {
  const auto shown = [&](const SecureRegion* region) { return region->IsShownBy(env, buffer); };
  const auto found = std::find_if(m_lent.rbegin(), m_lent.rend(), shown);
  if (found == m_lent.rend()) return false;
  SecureRegion& region = **found;
  const Pages pages{region.memory(), region.size()};
  m_lent.erase(std::next(found).base());
  region.set_owner(nullptr);
  if (!region.TakeBack(env, buffer)) return false;
  Keep(pages);
  return true;
}

void LentMemory::OnFinalized(SecureRegion& region) { std::erase(m_lent, &region); }

}  // namespace bitcoin_support
