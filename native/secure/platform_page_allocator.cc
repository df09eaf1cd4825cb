#include <atomic>
#include <limits>

#include "secure/locked_page_allocator.h"
#include "secure/platform.h"
#include "secure/region_registry.h"

namespace bitcoin_support {
namespace {

class PlatformPageAllocator final : public LockedPageAllocator {
 public:
  explicit PlatformPageAllocator(BackendChoice choice) noexcept : m_choice(choice) {}

  LockedPages AllocateLocked(size_t size) override {
    const size_t whole = WholePages(size);
    if (whole == 0 || m_regions >= MostRegions()) return {};
    LockedPages pages = platform::MapLocked(whole, m_choice);
    if (pages.address == nullptr) return {};
    if (!region_registry::Add(pages.address, whole)) {
      platform::UnmapLocked(pages.address, whole);
      return {};
    }
    ++m_regions;
    pages.size = whole;
    return pages;
  }

  void FreeLocked(void* address, size_t size) noexcept override {
    region_registry::Remove(address);
    platform::UnmapLocked(address, WholePages(size));
    --m_regions;
  }

  void AbandonLocked(void* address, size_t size) noexcept override {
    region_registry::Remove(address);
    platform::ReplaceLocked(address, WholePages(size));
  }

  size_t GetLimit() override { return platform::LockLimit(); }

 private:
  static size_t WholePages(size_t size) noexcept {
    const size_t page = platform::PageSize();
    if (size > std::numeric_limits<size_t>::max() - page) return 0;
    return (size + page - 1) / page * page;
  }

  // A region takes up to three of the kernel's mappings. V8 ends the process when it gets none, so half of
  // them are left to others.
  static size_t MostRegions() noexcept {
    static const size_t most = platform::MappingLimit() / 6;
    return most;
  }

  const BackendChoice m_choice;
  std::atomic<size_t> m_regions{0};
};

}  // namespace

std::unique_ptr<LockedPageAllocator> MakePlatformPageAllocator(BackendChoice choice) {
  return std::make_unique<PlatformPageAllocator>(choice);
}

}  // namespace bitcoin_support
