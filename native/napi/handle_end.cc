#include "napi/handle_end.h"

namespace bitcoin_support {
namespace {

// In EndReason's order.
constexpr const char* kReasons[] = {
#define END_REASON(reason, name, sentence) sentence,
#include "napi/tables.def"
};

// mark = -((id * kTypes + type) * kReasonsRoom + reason)
constexpr uint64_t kTypes = 4096;
constexpr uint64_t kReasonsRoom = 16;
constexpr double kMaxMark = 9007199254740991.0;  // 2^53 - 1

}  // namespace

bool HandleEnd::FromMark(double mark, HandleEnd& end) {
  if (!(mark < 0 && mark >= -kMaxMark)) return false;
  const auto bits = static_cast<uint64_t>(-mark);
  if (static_cast<double>(bits) != -mark) return false;
  const uint64_t reason = bits % kReasonsRoom;
  const uint64_t rest = bits / kReasonsRoom;
  end.id = rest / kTypes;
  end.type = FindHandleType(static_cast<uint32_t>(rest % kTypes));
  end.reason = static_cast<EndReason>(reason);
  return end.type != nullptr && end.id > 0 && end.id < end.type->next_id.load(std::memory_order_relaxed) &&
         reason > 0 && reason < static_cast<uint64_t>(EndReason::kCount);
}

std::string HandleEnd::Describe() const {
  const std::string what = type == nullptr ? "the handle" : type->name + " #" + std::to_string(id);
  return what + " " + kReasons[static_cast<size_t>(reason)];
}

}  // namespace bitcoin_support
