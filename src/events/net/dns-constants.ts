// Constants of event2/dns.h, under libevent's names.

/** Result of a question to the DNS: it was answered. */
export const DNS_ERR_NONE = 0
/** Result of a question to the DNS: the nameserver could not read the question. */
export const DNS_ERR_FORMAT = 1
/** Result of a question to the DNS: the nameserver failed. */
export const DNS_ERR_SERVERFAILED = 2
/** Result of a question to the DNS: there is no such name. */
export const DNS_ERR_NOTEXIST = 3
/** Result of a question to the DNS: the nameserver does not know that kind of question. */
export const DNS_ERR_NOTIMPL = 4
/** Result of a question to the DNS: the nameserver refuses. */
export const DNS_ERR_REFUSED = 5
/** Result of a question to the DNS: the answer was cut short. */
export const DNS_ERR_TRUNCATED = 65
/** Result of a question to the DNS: something else. */
export const DNS_ERR_UNKNOWN = 66
/** Result of a question to the DNS: no answer came in time. */
export const DNS_ERR_TIMEOUT = 67
/** Result of a question to the DNS: the resolver has been disposed. */
export const DNS_ERR_SHUTDOWN = 68
/** Result of a question to the DNS: the question was cancelled. */
export const DNS_ERR_CANCEL = 69
/** Result of a question to the DNS: the name has nothing of that kind. */
export const DNS_ERR_NODATA = 70

/** Type of an answer: IPv4 addresses. */
export const DNS_IPv4_A = 1
/** Type of an answer: a name. */
export const DNS_PTR = 2
/** Type of an answer: IPv6 addresses. */
export const DNS_IPv6_AAAA = 3

/** Flag of a question: append no search domain. */
export const DNS_QUERY_NO_SEARCH = 1

/** What `resolvConfParse()` takes from the file: search domains. */
export const DNS_OPTION_SEARCH = 1
/** What `resolvConfParse()` takes from the file: nameservers. */
export const DNS_OPTION_NAMESERVERS = 2
/** What `resolvConfParse()` takes from the file: timeouts and the like. */
export const DNS_OPTION_MISC = 4
/** What `resolvConfParse()` takes besides: the hosts file. */
export const DNS_OPTION_HOSTSFILE = 8
/** What `resolvConfParse()` takes: all of that. */
export const DNS_OPTIONS_ALL = 15
/** For `resolvConfParse()`: do not ask 127.0.0.1 when the file names no nameserver. */
export const DNS_OPTION_NAMESERVERS_NO_DEFAULT = 16
