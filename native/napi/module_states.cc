#include "napi/module_states.h"

#include <utility>

namespace bitcoin_support {

ModuleStates::~ModuleStates() {
  while (!m_made.empty()) {
    const Made made = m_made.back();
    m_made.pop_back();
    made.destroy(made.object);
    m_by_slot[made.slot] = nullptr;
  }
}

void ModuleStates::LeaveBefore(size_t end, std::function<void()> left) {
  while (end > 0) {
    if (AsyncState* const state = m_made[--end].async) {
      state->Leave([this, end, left = std::move(left)] { LeaveBefore(end, left); });
      return;
    }
  }
  left();
}

}  // namespace bitcoin_support
