// A terminal that asks for secrets.
#pragma once

#include <termios.h>
#include <uv.h>

#include <cstdint>
#include <functional>
#include <optional>

#include "secure/secret_line.h"

namespace bitcoin_support {

/// Has a terminal without echo from Open() to Close(), and reads lines of it into locked memory. It has a
/// descriptor of its own for the terminal: the mode of others' is not changed. One at a time in a process.
///
/// While it is open it restores, before each wait of the loop, the terminal mode that it needs: what others
/// set meanwhile is what Close() leaves behind.
class TerminalPrompt {
 public:
  enum class Outcome : uint8_t {
    kLine,         ///< with the number of a buffer that the receiver holds
    kInterrupted,  ///< Ctrl-C
    kTooLong,      ///< the line was more than the most bytes, and has been read to its end
    kFailed,       ///< the terminal has ended, or there is no locked memory
  };
  using Receiver = std::function<void(Outcome, BufferNumber)>;

  /// @returns null when the descriptor is no terminal, or another prompt is open in the process.
  static TerminalPrompt* Open(uv_loop_t* loop, int fd);
  TerminalPrompt(const TerminalPrompt&) = delete;
  TerminalPrompt& operator=(const TerminalPrompt&) = delete;

  /// Reads one line; nothing is read before it is called, and nothing behind the line. @returns false when a
  /// line is being read.
  bool Read(size_t max_bytes, Receiver receiver);

  /// Gives the terminal back. What was typed of an unfinished line is wiped, its receiver is not called.
  /// Deletes the object and calls `closed` in a later turn of the loop.
  void Close(std::function<void()> closed = {});

 private:
  TerminalPrompt(int fd, const termios& mode) : m_fd(fd), m_mode_left(mode) {}
  ~TerminalPrompt() = default;

  void Quieten();
  void ReadSome();
  void End(Outcome outcome);
  void GiveUpTerminal();
  void OnHandleClosed();

  const int m_fd;
  termios m_mode_left;  // what Close() restores
  uv_poll_t m_poll{};
  uv_prepare_t m_prepare{};
  unsigned m_open_handles = 0;
  std::optional<SecretLine> m_line;
  Receiver m_receiver;
  std::function<void()> m_closed;
};

}  // namespace bitcoin_support
