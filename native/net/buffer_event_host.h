// What a BufferEvent can be a view of.
#pragma once

struct bufferevent;

namespace bitcoin_support {

/// Owns a bufferevent that it reads and writes with, and shows it to JavaScript as a view. It outlives the
/// view.
class BufferEventHost {
 public:
  /// The bufferevent. The host may replace it between two calls.
  virtual bufferevent* stream() const = 0;
  /// The view has ended.
  virtual void ForgetView() = 0;

 protected:
  ~BufferEventHost() = default;
};

}  // namespace bitcoin_support
