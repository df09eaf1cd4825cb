#include "napi/environment.h"

#include <atomic>

#include "napi/errors.h"
#include "napi/fork_count.h"
#include "napi/handle.h"

namespace bitcoin_support {
namespace {

std::atomic<uint32_t> g_next_tag{0};

// Not a handle number and not an end mark.
constexpr double kNoNumber = -1;

// In HandleKind's order. kDeclared has no type of its own.
constexpr const char* kTypeNames[] = {
    "",
#define HANDLE_KIND(kind, name, parts_end) #name,
#include "napi/tables.def"
};

}  // namespace

Environment& Environment::Attach(Napi::Env env, Napi::Object exports) {
  auto* const self = new Environment(env, exports);
  if (napi_add_async_cleanup_hook(env, OnCleanup, self, &self->m_cleanup_hook) != napi_ok) {
    delete self;
    throw Napi::Error::New(env, "the environment is closing");
  }
  return *self;
}

Environment::Environment(Napi::Env env, Napi::Object exports)
    : m_env(env),
      m_table(g_next_tag.fetch_add(1, std::memory_order_relaxed)),
      m_exports(Napi::Weak(exports)),
      m_numbers(env),
      m_callbacks(*this),
      m_calls(*this) {
  for (size_t i = 0; i < m_types.size(); ++i) {
    m_types[i] = i == 0 ? nullptr : &DeclareHandleType(kTypeNames[i]);
  }
  exports.Set("sharedNumbers", m_numbers.array());
}

void Environment::OnCleanup(napi_async_cleanup_hook_handle handle, void* data) {
  auto* const self = static_cast<Environment*>(data);
  self->m_closing = true;
  self->DisposeAll();
  // libuv's handles close in a later turn of the loop; the environment has to live until then.
  self->m_states.Leave([self, handle] {
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
  // The exports object keeps the functions alive.
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
  // Does not fail while the exports exist. Without them there is nothing to hold.
  if (m_live++ == 0) napi_reference_ref(m_env, m_exports, nullptr);
  m_numbers.Set(SharedNumber::kCreatedId, static_cast<double>(handle.id()));
  m_numbers.Set(SharedNumber::kCreatedSlot, HandleTable::SlotOf(handle.number()));
}

void Environment::NoteDropped(const Handle& handle) {
  m_numbers.Add(SharedNumber::kEndedHandles, 1);
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
  m_calls.NoteLookup();
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
    ThrowEventError(*this, code::kDisposed, end.Describe());
  }
  switch (result) {
    case LookupResult::kDisposed:
      ThrowEventError(*this, code::kDisposed, m_table.EndOf(number).Describe());
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
  m_calls.NoteLookup();
  Handle* handle = nullptr;
  return m_table.Find(number, handle) == LookupResult::kFound ? handle : nullptr;
}

}  // namespace bitcoin_support
