#include "memory/terminal_prompt_napi.h"

#include <memory>
#include <utility>

#include "loop/loop_driver.h"
#include "memory/owned_buffers.h"
#include "memory/terminal_prompt.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"

namespace bitcoin_support {
namespace {

// The prompt that a thread has open, with the function that receives its lines.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Environment& env, TerminalPrompt& prompt, Napi::Function receiver)
      : m_env(env),
        m_prompt(prompt),
        m_receiver(Napi::Persistent(receiver)),
        m_context(env.napi(), "SecureString.prompt") {
    // A thread may end while its prompt is open.
    napi_add_async_cleanup_hook(env.napi(), OnCleanup, this, &m_hook);
  }

  bool Read(size_t max_bytes) {
    return m_prompt.Read(max_bytes, [this](TerminalPrompt::Outcome outcome, BufferNumber number) {
      if (number != 0) m_env.State<OwnedBuffers>().Add(number);
      Report(static_cast<double>(outcome), static_cast<double>(number));
    });
  }

  void Close() {
    m_prompt.Close();
    napi_remove_async_cleanup_hook(m_hook);
  }

  static thread_local std::shared_ptr<Session> s_open;

 private:
  void Report(double outcome, double number) {
    // The receiver may close the session.
    const auto keep = shared_from_this();
    const Napi::Env env = m_env.napi();
    const Napi::HandleScope scope(env);
    try {
      const Napi::Function receiver = m_receiver.Value();
      receiver.MakeCallback(env.Global(), {Napi::Number::New(env, outcome), Napi::Number::New(env, number)},
                            m_context);
    } catch (const Napi::Error&) {
      // The thread is being terminated.
    }
  }

  static void OnCleanup(napi_async_cleanup_hook_handle handle, void* data) {
    Session& self = *static_cast<Session*>(data);
    self.m_prompt.Close([handle] { napi_remove_async_cleanup_hook(handle); });
    s_open.reset();
  }

  Environment& m_env;
  TerminalPrompt& m_prompt;
  Napi::FunctionReference m_receiver;
  Napi::AsyncContext m_context;
  napi_async_cleanup_hook_handle m_hook = nullptr;
};

thread_local std::shared_ptr<Session> Session::s_open;

// (descriptor, receiver of TerminalPrompt::Outcome and a buffer's number) -> whether the prompt is open: not
// when it is no terminal, or when the process has a prompt already
Napi::Value TerminalOpenNapi(const Napi::CallbackInfo& info) {
  const int fd = IntArg(info, 0);
  if (!info[1].IsFunction()) ThrowTypeError(info.Env(), "argument 1 is no function");
  Environment& env = Environment::From(info);
  TerminalPrompt* const prompt = TerminalPrompt::Open(LoopDriver::Of(env).loop(), fd);
  if (prompt != nullptr)
    Session::s_open = std::make_shared<Session>(env, *prompt, info[1].As<Napi::Function>());
  return Napi::Boolean::New(info.Env(), prompt != nullptr);
}

// (most bytes) -> whether it begins to read a line
Napi::Value TerminalReadNapi(const Napi::CallbackInfo& info) {
  const int max_bytes = IntArg(info, 0);
  const bool reads =
      Session::s_open != nullptr && max_bytes >= 0 && Session::s_open->Read(static_cast<size_t>(max_bytes));
  return Napi::Boolean::New(info.Env(), reads);
}

// ()
Napi::Value TerminalCloseNapi(const Napi::CallbackInfo& info) {
  if (const auto session = std::exchange(Session::s_open, nullptr)) session->Close();
  return info.Env().Undefined();
}

}  // namespace

void ExportTerminalPromptFunctions(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<TerminalOpenNapi>(env, exports, "terminalOpen", state);
  ExportFunction<TerminalReadNapi>(env, exports, "terminalRead", state);
  ExportFunction<TerminalCloseNapi>(env, exports, "terminalClose", state);
}

}  // namespace bitcoin_support
