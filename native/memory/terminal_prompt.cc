#include "memory/terminal_prompt.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <utility>

namespace bitcoin_support {
namespace {

std::atomic<bool> g_is_open{false};

// No echo, no editing of lines by the terminal, and no signals by key.
constexpr tcflag_t kLocalOff = ECHO | ECHOE | ECHOK | ECHONL | ICANON | ISIG | IEXTEN;
// The bytes arrive as they were typed.
constexpr tcflag_t kInputOff = ICRNL | INLCR | IGNCR | IXON;

bool IsEchoOff(const termios& mode) {
  return (mode.c_lflag & kLocalOff) == 0 && (mode.c_iflag & kInputOff) == 0;
}

bool SetMode(int fd, const termios& mode) {
  // TCSANOW keeps what was typed in advance: it may be the next line of a paste.
  while (tcsetattr(fd, TCSANOW, &mode) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

// Opens the terminal anew: uv_poll_t makes its descriptor non-blocking, which the others must not become.
int OpenTerminal(int fd) {
  constexpr int kFlags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
  std::array<char, 256> name{};
  struct stat wanted{};
  if (fstat(fd, &wanted) != 0) return -1;
  const auto open_if_same = [&](const char* path) {
    const int opened = open(path, kFlags);
    struct stat found{};
    if (opened >= 0 && (fstat(opened, &found) != 0 || found.st_rdev != wanted.st_rdev)) {
      close(opened);
      return -1;
    }
    return opened;
  };
  if (ttyname_r(fd, name.data(), name.size()) == 0) {
    if (const int opened = open_if_same(name.data()); opened >= 0) return opened;
  }
  // A terminal of another mount namespace has no name in this one.
  return open_if_same(("/proc/self/fd/" + std::to_string(fd)).c_str());
}

}  // namespace

TerminalPrompt* TerminalPrompt::Open(uv_loop_t* loop, int fd) {
  if (isatty(fd) == 0 || g_is_open.exchange(true)) return nullptr;
  const int own = OpenTerminal(fd);
  termios mode{};
  if (own < 0 || tcgetattr(own, &mode) != 0) {
    if (own >= 0) close(own);
    g_is_open = false;
    return nullptr;
  }
  auto* const self = new TerminalPrompt(own, mode);
  if (uv_poll_init(loop, &self->m_poll, own) != 0) {
    self->GiveUpTerminal();
    delete self;
    return nullptr;
  }
  uv_prepare_init(loop, &self->m_prepare);
  self->m_open_handles = 2;
  self->m_poll.data = self->m_prepare.data = self;
  self->TurnEchoOff();
  uv_prepare_start(&self->m_prepare,
                   [](uv_prepare_t* handle) { static_cast<TerminalPrompt*>(handle->data)->TurnEchoOff(); });
  // Only a line that is being read keeps the loop alive.
  uv_unref(reinterpret_cast<uv_handle_t*>(&self->m_prepare));
  return self;
}

void TerminalPrompt::GiveUpTerminal() {
  close(m_fd);
  g_is_open = false;
}

bool TerminalPrompt::Read(size_t max_bytes, Receiver receiver) {
  if (m_line) return false;
  m_line.emplace(max_bytes);
  m_receiver = std::move(receiver);
  uv_poll_start(&m_poll, UV_READABLE, [](uv_poll_t* handle, int status, int) {
    auto& self = *static_cast<TerminalPrompt*>(handle->data);
    if (status < 0) {
      self.End(Outcome::kFailed);
    } else {
      self.ReadSome();
    }
  });
  return true;
}

// A byte at a time, so that what follows the line stays in the terminal for the next reader.
void TerminalPrompt::ReadSome() {
  using State = SecretLine::State;
  while (m_line->state() == State::kTyping) {
    const ptrdiff_t result = m_line->ReadByte(m_fd);
    if (result == 1) continue;
    if (result < 0 && errno == EINTR) continue;
    if (result < 0 && errno == EAGAIN) return;
    End(Outcome::kFailed);
    return;
  }
  switch (m_line->state()) {
    case State::kDone:
      End(Outcome::kLine);
      break;
    case State::kInterrupted:
      End(Outcome::kInterrupted);
      break;
    case State::kTooLong:
      End(Outcome::kTooLong);
      break;
    case State::kFailed:
    case State::kTyping:
      End(Outcome::kFailed);
      break;
  }
}

void TerminalPrompt::End(Outcome outcome) {
  uv_poll_stop(&m_poll);
  BufferNumber number = 0;
  if (outcome == Outcome::kLine) {
    number = m_line->Finish();
    if (number == 0) outcome = Outcome::kFailed;
  }
  m_line.reset();
  std::exchange(m_receiver, nullptr)(outcome, number);
}

void TerminalPrompt::TurnEchoOff() {
  termios mode{};
  if (tcgetattr(m_fd, &mode) != 0 || IsEchoOff(mode)) return;
  m_mode_left = mode;
  mode.c_lflag &= ~kLocalOff;
  mode.c_iflag &= ~kInputOff;
  mode.c_cc[VMIN] = 1;
  mode.c_cc[VTIME] = 0;
  SetMode(m_fd, mode);
}

void TerminalPrompt::Close(std::function<void()> closed) {
  m_closed = std::move(closed);
  m_line.reset();
  m_receiver = nullptr;
  // Remembers a mode that was set since the last turn.
  TurnEchoOff();
  SetMode(m_fd, m_mode_left);
  const auto on_closed = [](uv_handle_t* handle) {
    static_cast<TerminalPrompt*>(handle->data)->OnHandleClosed();
  };
  uv_close(reinterpret_cast<uv_handle_t*>(&m_poll), on_closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&m_prepare), on_closed);
  // libuv no longer watches the descriptor; another prompt may open at once.
  GiveUpTerminal();
}

void TerminalPrompt::OnHandleClosed() {
  if (--m_open_handles > 0) return;
  const auto closed = std::move(m_closed);
  delete this;
  if (closed) closed();
}

}  // namespace bitcoin_support
