#include "napi/environment.h"

#include <atomic>

#include "http/server_connections.h"
#include "libevent/fork_count.h"
#include "loop/loop_driver.h"
#include "memory/lent_memory.h"
#include "memory/owned_buffers.h"
#include "napi/errors.h"
#include "napi/handle.h"
#include "secure/locked_pool_manager.h"

namespace bitcoin_support {
namespace {

std::atomic<uint32_t> g_next_tag{0};

// Neither a handle's nor a mark.
constexpr double kNoNumber = -1;

// Where JavaScript finds what it is shown without a call: `Shown` in src/native/shown.ts.
struct Shown {
  enum : size_t {
    kCreatedId,
    kCreatedSlot,
    kLockFailures,
    kGrowths,
    kLockWarnings,
    kBufferNews,
    kReplyStatus,
    kReplyMinor,
    kReplyLength,
    kEnded,
    kLentLength,
    kCount,
  };
};

// What some thread has been told of already.
std::atomic<size_t> g_told_failures{0};
std::atomic<size_t> g_told_growths{0};
std::atomic<bool> g_warning_due{false};

// Whether this call is the one that brings `told` up to `now`.
bool Advance(std::atomic<size_t>& told, size_t now) {
  size_t before = told.load(std::memory_order_relaxed);
  while (before < now) {
    if (told.compare_exchange_weak(before, now, std::memory_order_relaxed)) return true;
  }
  return false;
}

// In HandleKind's order. kDeclared has no type of its own.
constexpr const char* kTypeNames[] = {
    "",          "EventBase",      "LibEvent",  "EvHttp",    "EvHttpRequest", "EvHttpConnection",
    "EvBuffer",  "EvConnListener", "EvHttpUri", "EvKeyvalq", "BufferEvent",   "BufferEventRateLimitGroup",
    "EvDnsBase",
};
static_assert(std::size(kTypeNames) == static_cast<size_t>(HandleKind::kCount));

}  // namespace

Environment& Environment::Attach(Napi::Env env, Napi::Object exports) {
  auto* const self = new Environment(env, exports);
  if (napi_add_async_cleanup_hook(env, OnCleanup, self, &self->m_cleanup_hook) != napi_ok) {
    self->m_loop.Leave([self] { delete self; });
    throw Napi::Error::New(env, "the environment is closing");
  }
  return *self;
}

Environment::Environment(Napi::Env env, Napi::Object exports)
    : m_env(env),
      m_table(g_next_tag.fetch_add(1, std::memory_order_relaxed)),
      m_exports(Napi::Weak(exports)),
      m_callbacks(*this),
      m_log(*this),
      m_owned_buffers(std::make_unique<OwnedBuffers>(env)),
      m_buffer_news(*this),
      m_lent_memory(std::make_unique<LentMemory>()),
      m_connections(std::make_unique<ServerConnections>()),
      m_loop(LoopDriver::Join(env)) {
  for (size_t i = 0; i < m_types.size(); ++i) {
    m_types[i] = i == 0 ? nullptr : &DeclareHandleType(kTypeNames[i]);
  }
  // Made here and not by the modules: it has to outlive them, and would keep their context alive.
  Napi::Float64Array shown = Napi::Float64Array::New(env, Shown::kCount);
  m_shown_owner = Napi::Persistent(shown.As<Napi::Object>());
  m_shown = shown.Data();
  exports.Set("shown", shown);
}

Environment::~Environment() = default;

void Environment::OnCleanup(napi_async_cleanup_hook_handle handle, void* data) {
  auto* const self = static_cast<Environment*>(data);
  self->m_closing = true;
  self->DisposeAll();
  // libuv's handles close in a later turn of the loop; the state has to live until then.
  self->m_loop.Leave([self, handle] {
    delete self;
    napi_remove_async_cleanup_hook(handle);
  });
}

void Environment::DisposeAll() {
  // The bases first: each takes with it, in order, all that lives on it. What is left has no owner.
  for (const bool bases : {true, false}) {
    std::vector<double> numbers;
    for (const Handle* const handle : m_table.Live()) {
      if (handle->forked()) continue;
      if ((handle->kind() == HandleKind::kEventBase) == bases) numbers.push_back(handle->number());
    }
    for (const double number : numbers) {
      if (Handle* const handle = FindAny(number)) handle->Dispose();
    }
  }
}

void Environment::Configure(const Napi::Object& config) {
  constexpr std::array<const char*, static_cast<size_t>(ErrorClass::kCount)> kErrorClasses{
      "EventError", "TypeError", "RangeError"};
  const Napi::Value callbacks = config.Get("callbacks");
  if (!callbacks.IsObject()) ThrowTypeError(m_env, "not the library's configuration");
  // What only the exports refer to is held by them, and goes with them.
  const Napi::Array kept = Napi::Array::New(m_env);
  std::array<Napi::FunctionReference, static_cast<size_t>(ErrorClass::kCount)> classes;
  for (size_t i = 0; i < classes.size(); ++i) {
    const Napi::Value error_class = config.Get(kErrorClasses[i]);
    if (!error_class.IsFunction()) ThrowTypeError(m_env, "not the library's configuration");
    kept.Set(static_cast<uint32_t>(i), error_class);
    classes[i] = Napi::Weak(error_class.As<Napi::Function>());
  }
  m_callbacks.Configure(callbacks.As<Napi::Object>(), kept);
  const Napi::Object exports = m_exports.Value();
  // A getter of the configuration's has configured it meanwhile, or there is nobody left to configure.
  if (m_configured || exports.IsEmpty()) ThrowEventError(*this, code::kState, "configured already");
  exports.DefineProperty(Napi::PropertyDescriptor::Value("kept", kept, napi_default));
  m_error_classes = std::move(classes);
  m_configured = true;
}

void Environment::NoteCreated(const Handle& handle) {
  // Neither fails while the exports are there; without them nothing is left to be held.
  if (m_live++ == 0) napi_reference_ref(m_env, m_exports, nullptr);
  m_shown[Shown::kCreatedId] = static_cast<double>(handle.id());
  m_shown[Shown::kCreatedSlot] = HandleTable::SlotOf(handle.number());
}

void Environment::ShowBufferNews(size_t count) { m_shown[Shown::kBufferNews] = static_cast<double>(count); }

void Environment::ShowReply(int status, int minor, double length) {
  m_shown[Shown::kReplyStatus] = status;
  m_shown[Shown::kReplyMinor] = minor;
  m_shown[Shown::kReplyLength] = length;
}

void Environment::ShowLentLength(size_t length) {
  if (m_shown != nullptr) m_shown[Shown::kLentLength] = static_cast<double>(length);
}

void Environment::WarnOfUnlocked() {
  LockedPoolManager::Instance().SetWarning([] { g_warning_due.store(true, std::memory_order_relaxed); });
}

void Environment::NoteLockedPool() {
  const LockedPool& pool = LockedPoolManager::Instance().pool();
  if (Advance(g_told_failures, pool.lock_failures())) m_shown[Shown::kLockFailures] += 1;
  if (Advance(g_told_growths, pool.growths())) m_shown[Shown::kGrowths] += 1;
  // Looked at first: an exchange on every call would have the threads wait for each other.
  if (g_warning_due.load(std::memory_order_relaxed) && g_warning_due.exchange(false))
    m_shown[Shown::kLockWarnings] += 1;
}

void Environment::NoteDropped(const Handle& handle) {
  m_shown[Shown::kEnded] += 1;
  if (--m_live == 0) napi_reference_unref(m_env, m_exports, nullptr);
  if (m_drop_log_on) m_dropped.push_back({handle.number(), handle.type().index, handle.id()});
}

Handle& Environment::GetAny(const Napi::Value& value) {
  Handle& handle = GetAnyEvenForked(value);
  if (ForkCount() != 0 && handle.forked()) ThrowForked();
  return handle;
}

void Environment::ThrowForked() const {
  ThrowEventError(*this, code::kForked, "the handle is the parent process's");
}

Handle& Environment::GetAnyEvenForked(const Napi::Value& value) {
  m_looked_up = true;
  double number = kNoNumber;
  Handle* handle = nullptr;
  LookupResult result = LookupResult::kInvalid;
  if (napi_get_value_double(m_env, value, &number) == napi_ok) {
    result = m_table.Find(number, handle);
  }
  if (result != LookupResult::kFound) ThrowNotFound(result, number);
  return *handle;
}

void Environment::ThrowNotFound(LookupResult result, double number) const {
  // JavaScript's own marks of a handle that it knows to have ended.
  HandleEnd end;
  if (number == 0 || HandleEnd::FromMark(number, end)) {
    ThrowEventError(*this, code::kDisposed, end.Tell());
  }
  switch (result) {
    case LookupResult::kDisposed:
      ThrowEventError(*this, code::kDisposed, m_table.EndOf(number).Tell());
    case LookupResult::kWrongThread:
      ThrowEventError(*this, code::kThread, "the handle belongs to another thread");
    case LookupResult::kFound:
    case LookupResult::kInvalid:
      break;
  }
  ThrowEventError(*this, code::kHandle, "not a handle");
}

void Environment::ThrowOtherKind(const Handle& handle, HandleKind kind) const {
  ThrowEventError(*this, code::kHandle,
                  "the handle is of type " + handle.type().name + ", not " +
                      (kind == HandleKind::kDeclared ? "a declared type" : type_for(kind).name));
}

Handle* Environment::FindAny(double number) {
  m_looked_up = true;
  Handle* handle = nullptr;
  return m_table.Find(number, handle) == LookupResult::kFound ? handle : nullptr;
}

}  // namespace bitcoin_support
