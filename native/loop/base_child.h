// What lives on an event_base.
#pragma once

#include <napi.h>

#include "loop/event_base.h"
#include "napi/handle.h"
#include "napi/handle_table.h"

struct event;

namespace bitcoin_support {

/// A handle that lives on a base, or on something that does. The base keeps the list.
class BaseChild : public Handle {
 public:
  EventBase& base() const { return *m_base; }
  /// How callbacks of JavaScript identify it.
  double slot() const { return HandleTable::SlotOf(number()); }
  bool forked() const override { return m_base != nullptr && m_base->forked(); }
  /// Whether `ev` is what it waits with. For kinds that may be without a reference.
  virtual bool WaitsWith(const event*) const { return false; }
  bool has_ref() const { return m_has_ref; }

  static void Export(Napi::Env env, Napi::Object exports, Environment& environment);

 protected:
  BaseChild(EventBase& base, HandleType& type, HandleKind kind);
  /// One that joins its base later; until then base() must not be called.
  BaseChild(Environment& env, HandleType& type, HandleKind kind) : Handle(env, type, kind) {}
  ~BaseChild() override;

  void JoinBase(EventBase& base);

  /// Retire() and leave the base's list.
  void RetireChild();

 private:
  friend class EventBase;
  EventBase* m_base = nullptr;
  BaseChild* m_previous = nullptr;
  BaseChild* m_next = nullptr;
  bool m_has_ref = true;
};

}  // namespace bitcoin_support
