// struct evbuffer behind the EvBuffer handle.
#pragma once

#include <napi.h>

#include <optional>

#include "buffers/buffer_news.h"
#include "loop/event_base.h"

struct evbuffer;

namespace bitcoin_support {

class BufferView;

/// Owns an evbuffer, or is a view of one that belongs to something else: see BufferView.
///
/// Belongs to no base: a buffer is bytes, and works without one.
class EvBuffer final : public Handle {
 public:
  static constexpr HandleKind kKind = HandleKind::kEvBuffer;

  /// What a view lets JavaScript do.
  enum class Use : uint8_t {
    kFree,      ///< all but freezing, which is its owner's business
    kReadOnly,  ///< nothing that changes its content
  };

  /// One that owns its buffer. @throws std::bad_alloc
  explicit EvBuffer(Environment& env);
  ~EvBuffer() override;

  /// Of a view this ends the handle alone: the buffer is its owner's.
  void Dispose() override;

  bool forked() const override { return m_base != nullptr && m_base->forked(); }

  evbuffer* buffer() const { return m_buffer; }
  EventBase* base() const { return m_base; }
  bool owned() const { return m_view == nullptr && m_buffer != nullptr; }

  /// @throws EventError ERR_EV_STATE when the content is not JavaScript's to change
  void CheckMayChange() const;

  /// Stands around each call into libevent, by whatever native function, that may change `buffer` or `other`:
  /// what JavaScript disposes meanwhile stays until the end. The function returns what End() does, which has
  /// the callbacks called for what has changed; they may dispose anything.
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
    const BufferNews::Scope m_news;
    std::optional<EventBase::BusyScope> m_busy;
    std::optional<EventBase::BusyScope> m_other_busy;
  };

  /// Has changes told, or no more.
  void Watch(bool on);

  static void Export(Napi::Env env, Napi::Object exports, Environment& environment);
  static void ExportSearch(Napi::Env env, Napi::Object exports, Environment& environment);
  static void ExportIo(Napi::Env env, Napi::Object exports, Environment& environment);

 private:
  friend class BufferView;
  EvBuffer(Environment& env, evbuffer* buffer, BufferView& view, EventBase* base, Use use);

  void LeaveOperation();
  BufferWatch& watch();

  evbuffer* m_buffer;
  BufferView* m_view = nullptr;
  EventBase* m_base = nullptr;  // a view's owner's
  const Use m_use = Use::kFree;
  unsigned m_operations = 0;
  BufferWatch m_watch;  // of one that owns its buffer
};

/// The place that something has for the view of a buffer of its own. The handle is made when JavaScript asks
/// for it, and again when it has disposed it. It ends with the place.
class BufferView {
 public:
  BufferView() = default;
  ~BufferView() { Invalidate(); }
  BufferView(const BufferView&) = delete;
  BufferView& operator=(const BufferView&) = delete;

  /// @param base where the owner lives; it releases the buffer in EventBase::WhenIdle() at the earliest. Null
  /// for none: then nothing of the buffer's calls back
  EvBuffer& Get(Environment& env, EventBase* base, evbuffer* buffer, EvBuffer::Use use);

  /// Ends the handle, if there is one. To be called before the buffer goes, or is JavaScript's no more.
  void Invalidate();

 private:
  friend class EvBuffer;
  EvBuffer* m_handle = nullptr;
  BufferWatch m_watch;
};

}  // namespace bitcoin_support
