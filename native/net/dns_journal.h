// SERVFAIL answers, which only libevent's log reports.
#pragma once

namespace bitcoin_support {

class DnsLookup;

/// Finds out for which lookups a nameserver has answered SERVFAIL. libevent treats that as a timeout: it asks
/// again, and reports DNS_ERR_TIMEOUT in the end. Only its log messages show which it was.
///
/// A lookup that libevent has queued, because it asks at most 64 questions at a time, is not known here.
class DnsJournal {
 public:
  /// Takes libevent's DNS messages, for the whole process, and passes them on to the LogRelay: debug messages
  /// only while libevent logs those.
  static void Install();

  /// Questions that libevent asks while it exists belong to a lookup.
  class AskingScope {
   public:
    explicit AskingScope(DnsLookup& lookup);
    ~AskingScope();
    AskingScope(const AskingScope&) = delete;
    AskingScope& operator=(const AskingScope&) = delete;

   private:
    friend class DnsJournal;
    DnsLookup* m_lookup;  ///< null when it has ended
    AskingScope* const m_outer;
  };

  /// The lookup is being deleted.
  static void Forget(const DnsLookup& lookup);

 private:
  static void NoteMessage(const char* text);
  static void OnLog(int is_warning, const char* text);
};

}  // namespace bitcoin_support
