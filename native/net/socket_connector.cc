#include "net/socket_connector.h"

#include <event2/util.h>
#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "libevent/catch_bad_alloc.h"
#include "libevent/unique_fd.h"
#include "loop/event_base.h"
#include "net/send_buffer.h"
#include "net/stream_socket.h"

namespace bitcoin_support {
namespace {

// RFC 8305's "Connection Attempt Delay".
constexpr timeval kAttemptDelay{0, 250'000};
constexpr timeval kAtOnce{0, 0};

// Sorts the addresses so that the families take turns, beginning with that of the first.
std::vector<SocketTarget> ByTurns(const std::vector<SocketTarget>& targets) {
  std::vector<SocketTarget> first;
  std::vector<SocketTarget> others;
  for (const SocketTarget& target : targets) {
    (target.address.ss_family == targets.front().address.ss_family ? first : others).push_back(target);
  }
  std::vector<SocketTarget> all;
  for (size_t i = 0; i < std::max(first.size(), others.size()); ++i) {
    if (i < first.size()) all.push_back(first[i]);
    if (i < others.size()) all.push_back(others[i]);
  }
  return all;
}

}  // namespace

std::vector<SocketTarget> TargetsOf(const addrinfo* found) {
  std::vector<SocketTarget> targets;
  for (; found != nullptr; found = found->ai_next) {
    if (found->ai_addrlen > sizeof(sockaddr_storage)) continue;
    SocketTarget target;
    std::memcpy(&target.address, found->ai_addr, found->ai_addrlen);
    target.length = found->ai_addrlen;
    targets.push_back(target);
  }
  return targets;
}

struct SocketConnector::Attempt {
  Attempt(SocketConnector& connector, int fd, const SocketTarget& target)
      : connector(connector), fd(fd), target(target) {}
  ~Attempt() {
    if (writable != nullptr) event_free(writable);
    if (fd >= 0) close(fd);
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  SocketConnector& connector;
  int fd;
  const SocketTarget target;
  event* writable = nullptr;
};

SocketConnector::SocketConnector(EventBase& base, Owner& owner, std::vector<SocketTarget> targets,
                                 std::string local_address, uint16_t local_port)
    : m_base(base),
      m_owner(owner),
      m_targets(ByTurns(targets)),
      m_local_address(std::move(local_address)),
      m_local_port(local_port) {}

SocketConnector::~SocketConnector() {
  if (m_next != nullptr) event_free(m_next);
}

bool SocketConnector::Start() {
  m_next = evtimer_new(m_base.base(), OnNext, this);
  errno = ENOMEM;
  if (m_next == nullptr) return false;
  TryNext();
  return true;
}

// Tries the next address. When all have failed at once, the owner is called in a later turn.
void SocketConnector::TryNext() {
  while (m_begun < m_targets.size()) {
    const size_t under_way = m_attempts.size();
    const SocketTarget& next = m_targets[m_begun++];
    CatchBadAlloc([&] { Begin(next); }, [&] { NoteFailure("socket", ENOMEM); });
    if (m_attempts.size() > under_way) break;
  }
  if (m_attempts.empty()) {
    TryNextIn(kAtOnce);
  } else if (m_begun < m_targets.size()) {
    TryNextIn(kAttemptDelay);
  }
}

void SocketConnector::TryNextIn(const timeval& pause) { event_add(m_next, &pause); }

void SocketConnector::NoteFailure(const char* syscall, int error) {
  m_syscall = syscall;
  m_error = error;
}

void SocketConnector::Begin(const SocketTarget& target) {
  UniqueFd owned(NewStreamSocket(target.address.ss_family));
  const int fd = owned.get();
  if (fd < 0) {
    NoteFailure("socket", errno);
    return;
  }
  auto attempt = std::make_unique<Attempt>(*this, fd, target);
  owned.Release();
  if (!BindLocal(fd, target.address.ss_family)) {
    NoteFailure("bind", errno);
    return;
  }
  BoundSendBuffer(fd, reinterpret_cast<const sockaddr*>(&target.address));
  if (connect(fd, reinterpret_cast<const sockaddr*>(&target.address), target.length) != 0 &&
      errno != EINPROGRESS && errno != EINTR) {
    NoteFailure("connect", errno);
    return;
  }
  attempt->writable = event_new(m_base.base(), fd, EV_WRITE, OnWritable, attempt.get());
  errno = ENOMEM;
  if (attempt->writable == nullptr || event_add(attempt->writable, nullptr) != 0) {
    NoteFailure("connect", errno);
    return;
  }
  m_attempts.push_back(std::move(attempt));
}

// @returns false with errno set
bool SocketConnector::BindLocal(int fd, int family) {
  if (m_local_address.empty() && m_local_port == 0) return true;
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const char* const address = m_local_address.empty() ? nullptr : m_local_address.c_str();
  if (getaddrinfo(address, std::to_string(m_local_port).c_str(), &hints, &found) != 0) {
    errno = EADDRNOTAVAIL;
    return false;
  }
  const bool bound = bind(fd, found->ai_addr, found->ai_addrlen) == 0;
  const int error = errno;
  freeaddrinfo(found);
  errno = error;
  return bound;
}

void SocketConnector::End(const Attempt& attempt) {
  std::erase_if(m_attempts, [&](const auto& each) { return each.get() == &attempt; });
}

void SocketConnector::OnWritable(evutil_socket_t fd, short, void* arg) {
  Attempt& attempt = *static_cast<Attempt*>(arg);
  SocketConnector& self = attempt.connector;
  const EventBase::BusyScope busy(self.m_base);
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  if (error != 0) {
    self.NoteFailure("connect", error);
    self.End(attempt);
    event_del(self.m_next);
    self.TryNext();
    return;
  }
  const SocketTarget target = attempt.target;
  attempt.fd = -1;
  event_del(self.m_next);
  self.m_attempts.clear();
  self.m_owner.OnConnected(fd, target);
}

void SocketConnector::OnNext(evutil_socket_t, short, void* arg) {
  SocketConnector& self = *static_cast<SocketConnector*>(arg);
  const EventBase::BusyScope busy(self.m_base);
  if (self.m_attempts.empty() && self.m_begun == self.m_targets.size()) {
    self.m_owner.OnConnectFailed(self.m_syscall, self.m_error);
  } else {
    self.TryNext();
  }
}

}  // namespace bitcoin_support
