// Asking for secrets at a terminal.
#pragma once

#include <termios.h>
#include <uv.h>

#include <cstdint>
#include <functional>
#include <optional>

#include "secure/secret_line.h"

namespace bitcoin_support {

/// Switches the terminal's echo off from Open() to Close(), and reads lines into locked memory. It opens a
/// descriptor of its own for the terminal, so that the others stay blocking. A process can have one open.
///
/// While it is open, it sets the terminal mode that it needs before each wait of the loop. The mode that
/// somebody else has set meanwhile is the one that Close() restores.
class TerminalPrompt {
 public:
  enum class Outcome : uint8_t {
#define PROMPT_OUTCOME(outcome, name) outcome,
#include "napi/tables.def"
  };
  using Receiver = std::function<void(Outcome, BufferNumber)>;

  /// @returns null when the descriptor is no terminal, or another prompt is open in the process.
  static TerminalPrompt* Open(uv_loop_t* loop, int fd);
  TerminalPrompt(const TerminalPrompt&) = delete;
  TerminalPrompt& operator=(const TerminalPrompt&) = delete;

  /// Reads one line, and nothing after its end. @returns false when a line is being read already
  bool Read(size_t max_bytes, Receiver receiver);

  /// Restores the terminal. An unfinished line is wiped, and its receiver is not called. In a later turn of
  /// the loop the object is deleted and `closed` called.
  void Close(std::function<void()> closed = {});

 private:
  TerminalPrompt(int fd, const termios& mode) : m_fd(fd), m_mode_left(mode) {}
  ~TerminalPrompt() = default;

  void TurnEchoOff();
  void ReadSome();
  void End(Outcome outcome);
  void GiveUpTerminal();
  void OnHandleClosed();

  const int m_fd;
  termios m_mode_left;  ///< what Close() restores
  uv_poll_t m_poll{};
  uv_prepare_t m_prepare{};
  unsigned m_open_handles = 0;
  std::optional<SecretLine> m_line;
  Receiver m_receiver;
  std::function<void()> m_closed;
};

}  // namespace bitcoin_support
