// struct evbuffer behind the EvBuffer handle.
#pragma once

#include <napi.h>

#include <optional>

#include "buffers/buffer_changes.h"
#include "loop/event_base.h"

struct evbuffer;

namespace bitcoin_support {

class BufferView;

/// Owns an evbuffer, or is a view of one that belongs to another object: see BufferView.
///
/// One that owns its evbuffer is on no base: it works without a loop.
class EvBuffer final : public Handle {
 public:
  static constexpr HandleKind kKind = HandleKind::kEvBuffer;

  /// What JavaScript may do with a view.
  enum class Use : uint8_t {
    kFree,      ///< everything but freezing and flags, which are the owner's
    kReadOnly,  ///< nothing that changes the content
  };

  /// One that owns its evbuffer. @throws std::bad_alloc
  explicit EvBuffer(Environment& env);
  ~EvBuffer() override;

  /// Disposing a view ends the handle only: the evbuffer stays its owner's.
  void Dispose() override;

  bool forked() const override { return m_base != nullptr && m_base->forked(); }

  evbuffer* buffer() const { return m_buffer; }
  EventBase* base() const { return m_base; }
  bool owned() const { return m_view == nullptr && m_buffer != nullptr; }

  /// @throws EventError ERR_EV_STATE when JavaScript may not change the content
  void CheckMayChange() const;

  /// Create one in every native function, of whichever class, before it calls libevent in a way that may
  /// change `buffer` or `other`: both live until its end, though JavaScript disposes them. The function
  /// returns what End() returns, which calls JavaScript for the changes; those callbacks may dispose
  /// anything.
  class Operation {
   public:
    explicit Operation(EvBuffer& buffer, EvBuffer* other = nullptr);
    ~Operation();
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;

    /// @throws what a callback throws
    Napi::Value End(Napi::Value result);

   private:
    EvBuffer& m_buffer;
    EvBuffer* const m_other;
    const BufferChanges::Scope m_changes;
    std::optional<EventBase::BusyScope> m_busy;
    std::optional<EventBase::BusyScope> m_other_busy;
  };

  static void Export(Napi::Env env, Napi::Object exports, Environment& environment);

 private:
  friend class BufferView;
  EvBuffer(Environment& env, evbuffer* buffer, BufferView& view, EventBase* base, Use use);

  void LeaveOperation();
  BufferWatch& watch();

  static Napi::Value WatchChangesNapi(const Napi::CallbackInfo& info);

  evbuffer* m_buffer;
  BufferView* m_view = nullptr;
  EventBase* m_base = nullptr;  ///< of a view's owner
  const Use m_use = Use::kFree;
  unsigned m_operations = 0;
  BufferWatch m_watch;  ///< of one that owns its evbuffer; a view uses its BufferView's
};

/// Keeps the handle that is a view of an evbuffer; the evbuffer's owner has one as a member. The handle is
/// made when JavaScript asks for it, and again after JavaScript has disposed it. It ends with the BufferView.
class BufferView {
 public:
  BufferView() = default;
  ~BufferView() { Invalidate(); }
  BufferView(const BufferView&) = delete;
  BufferView& operator=(const BufferView&) = delete;

  /// @param base where the owner lives, which frees the evbuffer in EventBase::WhenIdle() at the earliest;
  /// null for none, and then no callback may run while the evbuffer changes
  EvBuffer& Get(Environment& env, EventBase* base, evbuffer* buffer, EvBuffer::Use use);

  /// Ends the handle, if there is one. Call it before the evbuffer is freed or JavaScript may no longer use
  /// it.
  void Invalidate();

 private:
  friend class EvBuffer;
  EvBuffer* m_handle = nullptr;
  BufferWatch m_watch;
};

}  // namespace bitcoin_support
