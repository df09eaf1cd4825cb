// What every native object behind a JavaScript handle has in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "napi/type_registry.h"

namespace bitcoin_support {

class Environment;

/// The C++ class behind a handle: what a native call checks before it casts.
enum class HandleKind : uint8_t {
  kDeclared,  ///< of a type that JavaScript has declared itself
#define HANDLE_KIND(kind, name, parts_end) kind,
#include "napi/tables.def"
  kCount,
};

/// Base of everything that JavaScript holds a number for. Lives on one thread.
///
/// A handle is *live* from construction to Retire(): it counts, and its number finds it. The memory
/// may outlive that, when libevent still has it on the stack; it is wiped when it goes.
class Handle {
 public:
  Handle(Environment& env, HandleType& type, HandleKind kind);
  virtual ~Handle();
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  /// Ends the handle: disposes what lives on it, retires it, then releases what it holds in libevent,
  /// at once or as soon as libevent no longer has it on the stack. May delete `this`.
  virtual void Dispose() = 0;

  /// Gives C the struct of libevent's behind it; null for none. From here on C may use it, so a handle may
  /// have to leave to libevent what it did itself. @throws EventError when C must not have it now
  virtual void* GiveToC() { return nullptr; }

  /// Whether the process has forked since, so that what the handle has in libevent is still its parent's: a
  /// fork does not copy an epoll instance.
  virtual bool forked() const { return false; }

  Environment& env() const { return m_env; }
  HandleKind kind() const { return m_kind; }
  const HandleType& type() const { return m_type; }
  double number() const { return m_number; }
  uint64_t id() const { return m_id; }
  bool live() const { return m_count.has_value(); }

  void* operator new(size_t size);
  /// Wipes the memory first.
  void operator delete(void* ptr, size_t size);

 protected:
  /// Takes the handle out of the table and counts it down. Idempotent.
  void Retire();

 private:
  Environment& m_env;
  HandleType& m_type;
  const HandleKind m_kind;
  std::optional<LiveCount> m_count;
  const uint64_t m_id;
  double m_number = 0;
};

/// A handle of a type that JavaScript declared itself: a counter and a number, nothing more.
class DeclaredHandle final : public Handle {
 public:
  static constexpr HandleKind kKind = HandleKind::kDeclared;
  DeclaredHandle(Environment& env, HandleType& type) : Handle(env, type, kKind) {}
  void Dispose() override { delete this; }
};

}  // namespace bitcoin_support
