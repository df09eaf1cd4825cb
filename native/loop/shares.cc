#include "loop/shares.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include "loop/event_base.h"
#include "loop/lib_event.h"
#include "loop/loop_waker.h"
#include "napi/arguments.h"
#include "napi/byte_span.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/handle.h"
#include "napi/list.h"
#include "napi/type_registry.h"
#include "secure/memory_cleanse.h"
#include "secure/platform.h"

namespace bitcoin_support {
namespace {

struct Shares {
  std::mutex mutex;
  std::unordered_map<uint64_t, std::shared_ptr<Share>> by_token;
};

// Never destroyed: threads may still run while the process runs its exit handlers.
Shares& GetShares() {
  static Shares* const shares = new Shares;
  return *shares;
}

std::shared_ptr<Share> FindShare(uint64_t token) {
  Shares& shares = GetShares();
  const std::lock_guard lock(shares.mutex);
  const auto entry = shares.by_token.find(token);
  return entry == shares.by_token.end() ? nullptr : entry->second;
}

}  // namespace

uint64_t RegisterShare(std::shared_ptr<Share> share) {
  uint64_t token = 0;
  if (!platform::RandomBytes(&token, sizeof token)) {
    throw std::system_error(errno == 0 ? EIO : errno, std::generic_category(), "getrandom");
  }
  share->m_token = token;
  Shares& shares = GetShares();
  const std::lock_guard lock(shares.mutex);
  if (token == 0 || !shares.by_token.emplace(token, std::move(share)).second) {
    throw std::system_error(EEXIST, std::generic_category(), "getrandom");
  }
  return token;
}

void Share::Close() {
  {
    Shares& shares = GetShares();
    const std::lock_guard lock(shares.mutex);
    shares.by_token.erase(m_token);
  }
  // A thread that has found the share before either finishes before this lock is taken, or finds it closed.
  // No callback runs under the lock, so the owner never waits for itself.
  const std::lock_guard lock(m_mutex);
  m_open = false;
}

bool Share::IfOpen(const std::function<void()>& change) {
  const std::lock_guard lock(m_mutex);
  if (m_open && !m_waker.forked()) change();
  return m_open;
}

Share::Result Share::Post(std::function<void()> task) {
  if (in_own_thread()) {
    if (!m_open) return Result::kClosed;
    if (m_waker.forked()) return Result::kForked;
    task();
    return Result::kDone;
  }
  const std::lock_guard lock(m_mutex);
  if (!m_open) return Result::kClosed;
  if (m_waker.forked()) return Result::kForked;
  m_waker.Post([self = shared_from_this(), task = std::move(task)] {
    if (self->m_open) task();
  });
  return Result::kDone;
}

Share::Result Share::Check() {
  const std::lock_guard lock(m_mutex);
  if (!m_open) return Result::kClosed;
  return m_waker.forked() ? Result::kForked : Result::kDone;
}

// However many threads call it however often, at most one task is on its way.
Share::Result EventShare::Active(short what) {
  if (in_own_thread()) return Post([this, what] { m_event.Active(what); });
  const uint32_t before = m_reasons.fetch_or(kOnItsWay | static_cast<uint16_t>(what));
  if ((before & kOnItsWay) != 0) return Check();
  return Post([this] { m_event.Active(static_cast<short>(m_reasons.exchange(0) & 0xffff)); });
}

BaseShare::BaseShare(EventBase& base, LoopWaker& waker, double key)
    : Share(waker), m_owner(base), m_base(base.base()), m_key(key) {}

BaseShare::~BaseShare() = default;

// Does nothing for an owner that has closed the share.
void BaseShare::NotifyOwner() {
  Post([this] { m_owner.NoteTokens(); });
}

void BaseShare::Count(int more) {
  unsigned& count = in_own_thread() ? m_here : m_elsewhere;
  count += more;
  (in_own_thread() ? waker().tokens().here : waker().tokens().elsewhere) += more;
}

void BaseShare::Await() {
  IfOpen([this] {
    m_awaited = true;
    ++m_elsewhere;
    ++waker().tokens().elsewhere;
  });
}

void BaseShare::Opened() {
  const bool open = IfOpen([this] {
    Count(1);
    if (!std::exchange(m_awaited, false)) return;
    --m_elsewhere;
    --waker().tokens().elsewhere;
  });
  if (open) NotifyOwner();
}

void BaseShare::Released() {
  if (IfOpen([this] { Count(-1); })) NotifyOwner();
}

void BaseShare::Withdraw() {
  Close();
  // No other thread changes the counts after Close().
  waker().tokens().here -= std::exchange(m_here, 0);
  waker().tokens().elsewhere -= std::exchange(m_elsewhere, 0);
}

BaseShare::Message::~Message() { MemoryCleanse(bytes.data(), bytes.size()); }

Share::Result BaseShare::Once(std::vector<uint8_t> bytes, std::optional<timeval> after) {
  auto message = std::make_shared<Message>(Message{this, std::move(bytes)});
  return Post([this, message, after] { Begin(message, after); });
}

void BaseShare::Begin(const std::shared_ptr<Message>& message, std::optional<timeval> after) {
  Message* const key = message.get();
  m_messages.emplace(key, message);
  if (event_base_once(m_base, -1, EV_TIMEOUT, OnMessage, key, after ? &*after : nullptr) != 0) {
    // Without memory for the event, deliver the message early rather than never.
    OnMessage(-1, EV_TIMEOUT, key);
  }
}

void BaseShare::OnMessage(evutil_socket_t, short, void* arg) {
  BaseShare& self = *static_cast<Message*>(arg)->share;
  const auto entry = self.m_messages.find(static_cast<Message*>(arg));
  std::vector<uint8_t> bytes = std::move(entry->second->bytes);
  self.m_messages.erase(entry);
  self.m_owner.Deliver(self.m_key, std::move(bytes));
}

namespace {

uint64_t TokenArg(const Napi::CallbackInfo& info, size_t index) {
  uint64_t token = 0;
  bool lossless = false;
  if (napi_get_value_bigint_uint64(info.Env(), info[index], &token, &lossless) != napi_ok) {
    ThrowTypeError(info.Env(), "argument " + std::to_string(index) + " is no bigint");
  }
  // A malformed token matches no share.
  return lossless ? token : 0;
}

Share& Found(const Napi::CallbackInfo& info, const std::shared_ptr<Share>& share) {
  if (share == nullptr) {
    ThrowEventError(Environment::From(info), code::kDisposed, "what the token stands for has been disposed");
  }
  return *share;
}

Napi::Value ResultOf(const Napi::CallbackInfo& info, Share::Result result, const char* not_this) {
  Environment& env = Environment::From(info);
  switch (result) {
    case Share::Result::kDone:
      return info.Env().Undefined();
    case Share::Result::kClosed:
      ThrowEventError(env, code::kDisposed, "what the token stands for has been disposed");
    case Share::Result::kForked:
      ThrowEventError(env, code::kForked, "what the token stands for is the parent process's");
    case Share::Result::kNotThis:
      break;
  }
  ThrowEventError(env, code::kState, not_this);
}

// (event) -> token
Napi::Value ShareEventNapi(const Napi::CallbackInfo& info) {
  LibEvent& event = Environment::From(info).Get<LibEvent>(info[0]);
  return Napi::BigInt::New(info.Env(), event.Share());
}

// (base) -> [token, key]
Napi::Value ShareBaseNapi(const Napi::CallbackInfo& info) {
  const auto [token, key] = Environment::From(info).Get<EventBase>(info[0]).Share();
  return NewList(info.Env(), {Napi::BigInt::New(info.Env(), token), Napi::Number::New(info.Env(), key)});
}

// (base, token) -> the key that it had, 0 when it is not open
Napi::Value UnshareBaseNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  return Napi::Number::New(info.Env(), base.Unshare(TokenArg(info, 1)));
}

// (base) -> the message that it is being called back for, once
Napi::Value TakeMessageNapi(const Napi::CallbackInfo& info) {
  std::vector<uint8_t> message = Environment::From(info).Get<EventBase>(info[0]).TakeMessage();
  const Napi::Value copy = Napi::Buffer<uint8_t>::Copy(info.Env(), message.data(), message.size());
  MemoryCleanse(message.data(), message.size());
  return copy;
}

/// A token that JavaScript has opened.
class OpenToken final : public Handle {
 public:
  OpenToken(Environment& env, HandleType& type, std::shared_ptr<Share> share)
      : Handle(env, type, HandleKind::kDeclared), m_share(std::move(share)) {
    m_share->Opened();
  }
  ~OpenToken() override { m_share->Released(); }

  void Dispose() override { delete this; }

 private:
  const std::shared_ptr<Share> m_share;
};

// (token) -> handle; throws unless it stands for something
Napi::Value OpenTokenNapi(const Napi::CallbackInfo& info) {
  Environment& env = Environment::From(info);
  auto share = FindShare(TokenArg(info, 0));
  Found(info, share);
  HandleType& type = DeclareHandleType("EventToken");
  return Napi::Number::New(info.Env(), (new OpenToken(env, type, std::move(share)))->number());
}

// (token, what)
Napi::Value TokenActiveNapi(const Napi::CallbackInfo& info) {
  const auto share = FindShare(TokenArg(info, 0));
  const auto what = static_cast<short>(IntArg(info, 1));
  return ResultOf(info, Found(info, share).Active(what), "the token stands for a base, not for an event");
}

// (token, message, ms | negative)
Napi::Value TokenOnceNapi(const Napi::CallbackInfo& info) {
  const auto share = FindShare(TokenArg(info, 0));
  const auto bytes = ByteSpan::OfUnsharedBytes(info.Env(), info[1]);
  if (!bytes) ThrowTypeError(info.Env(), "argument 1 is no Uint8Array");
  const auto after = TimevalFromMs(NumberArg(info, 2));
  std::vector<uint8_t> message(bytes->data, bytes->data + bytes->size);
  return ResultOf(info, Found(info, share).Once(std::move(message), after),
                  "the token stands for an event, not for a base");
}

}  // namespace

void ExportShares(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<ShareEventNapi>(env, exports, "libEventShare", state);
  ExportFunction<ShareBaseNapi>(env, exports, "eventBaseShare", state);
  ExportFunction<UnshareBaseNapi>(env, exports, "eventBaseUnshare", state);
  ExportFunction<TakeMessageNapi>(env, exports, "eventBaseTakeMessage", state);
  ExportFunction<OpenTokenNapi>(env, exports, "tokenOpen", state);
  ExportFunction<TokenActiveNapi>(env, exports, "tokenActive", state);
  ExportFunction<TokenOnceNapi>(env, exports, "tokenOnce", state);
}

}  // namespace bitcoin_support
