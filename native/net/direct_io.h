// Reads and writes for a socket's bufferevent with fewer and cheaper system calls than libevent's.
#pragma once

#include <cstddef>
#include <span>

struct bufferevent;

namespace bitcoin_support {

/// Takes what comes from a bufferevent's socket, in place of the bufferevent's input.
class ReadSink {
 public:
  /// Where the next bytes go. There must be room for one at least.
  virtual std::span<char> Space() = 0;
  /// So many have been written there. It may call ReadIntoInput(), and have the sink freed.
  virtual void Took(size_t bytes) = 0;

 protected:
  ReadSink() = default;
  ~ReadSink() = default;
};

/// How much a socket's bufferevent reads and writes at once, unless it is told otherwise. With libevent's
/// 16 KiB a long message takes a turn of the loop for each piece.
inline constexpr size_t kMostRead = 1024 * 1024;
inline constexpr size_t kMostWritten = 1024 * 1024;
void UseLargePieces(bufferevent* bev);

/// How a long read comes into the input.
enum class Pieces {
  kJoined,  ///< as one piece, for who takes it as it comes
  kApart,   ///< its beginning first: who looks at that may ask for the rest by ReadInto()
};

/// Replaces the functions with which libevent reads and writes for the bufferevent of a connected socket.
/// bufferevent_readcb() asks the kernel each time how many bytes there are, and takes no more than 4096; ours
/// reads them at once. bufferevent_writecb() sends with a vector; ours sends without one where the output is
/// one piece. libevent calls the same callbacks at the same times.
///
/// Do not use it for a bufferevent with a rate limit, since libevent does not count these bytes, nor for one
/// that C knows, since C may set a limit or add a file for sendfile(). It lasts until bufferevent_setfd() is
/// called.
void UseDirectIo(bufferevent* bev, Pieces pieces);

/// Sends the output's bytes at once, without waiting until the socket is writable; libevent waits with what
/// is left. Call it inside a callback of `bev` only, in which libevent keeps it alive.
void SendNow(bufferevent* bev);

/// Has what comes read into `sink`, which must live until ReadIntoInput() is called or the bufferevent has
/// gone. The bufferevent's timeouts, its end and its errors are reported as before; its read callback is not
/// called. Does nothing unless UseDirectIo() holds. After UseLibeventIo() the bytes go to the input again.
void ReadInto(bufferevent* bev, ReadSink& sink);
/// Ends that. Does nothing when it does not hold.
void ReadIntoInput(bufferevent* bev);

/// Puts libevent's own functions back.
void UseLibeventIo(bufferevent* bev);

}  // namespace bitcoin_support
