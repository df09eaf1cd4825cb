// What libevent's log alone says of the answers of nameservers.
#pragma once

namespace bitcoin_support {

class DnsLookup;

/// Finds out for which lookups a nameserver has answered SERVFAIL. libevent takes that for a time that is up:
/// it asks again, and in the end says DNS_ERR_TIMEOUT. Only its log tells the two apart.
///
/// A lookup that has had to wait until others were answered (libevent has 64 questions under way at once) is
/// not known here.
class DnsJournal {
 public:
  /// Takes libevent's messages about the DNS, in this process. They go on to the LogRelay, debug messages
  /// only while libevent logs those.
  static void Install();

  /// What is asked meanwhile is asked for a lookup.
  class AskingScope {
   public:
    explicit AskingScope(DnsLookup& lookup);
    ~AskingScope();
    AskingScope(const AskingScope&) = delete;
    AskingScope& operator=(const AskingScope&) = delete;

   private:
    friend class DnsJournal;
    DnsLookup* m_lookup;  // null when it has ended
    AskingScope* const m_outer;
  };

  /// The lookup ends.
  static void Forget(const DnsLookup& lookup);

 private:
  static void Note(const char* text);
  static void OnLog(int is_warning, const char* text);
};

}  // namespace bitcoin_support
