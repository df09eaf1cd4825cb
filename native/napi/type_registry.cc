#include "napi/type_registry.h"

#include <deque>
#include <mutex>

namespace bitcoin_support {
namespace {

struct Registry {
  std::mutex mutex;
  std::deque<HandleType> types;  // a deque never moves its elements
};

// Never destroyed: threads may still count down while the process runs its exit handlers.
Registry& GetRegistry() {
  static Registry* const registry = new Registry;
  return *registry;
}

}  // namespace

HandleType& DeclareHandleType(std::string_view name) {
  Registry& registry = GetRegistry();
  const std::lock_guard lock(registry.mutex);
  for (HandleType& type : registry.types) {
    if (type.name == name) return type;
  }
  return registry.types.emplace_back(name, static_cast<uint32_t>(registry.types.size()));
}

HandleType* FindHandleType(uint32_t index) {
  Registry& registry = GetRegistry();
  const std::lock_guard lock(registry.mutex);
  return index < registry.types.size() ? &registry.types[index] : nullptr;
}

}  // namespace bitcoin_support
