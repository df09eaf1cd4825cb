// Constants of event2/dns.h, under libevent's names.

/** Result of a question to the DNS: it was answered. */
export const DNS_ERR_NONE = 0
/** … the nameserver could not read the question. */
export const DNS_ERR_FORMAT = 1
/** … the nameserver failed. */
export const DNS_ERR_SERVERFAILED = 2
/** … there is no such name. */
export const DNS_ERR_NOTEXIST = 3
/** … the nameserver does not know that kind of question. */
export const DNS_ERR_NOTIMPL = 4
/** … the nameserver refuses. */
export const DNS_ERR_REFUSED = 5
/** … the answer was cut short. */
export const DNS_ERR_TRUNCATED = 65
/** … something else. */
export const DNS_ERR_UNKNOWN = 66
/** … no answer came in time. */
export const DNS_ERR_TIMEOUT = 67
/** … the resolver has been disposed. */
export const DNS_ERR_SHUTDOWN = 68
/** … the question was cancelled. */
export const DNS_ERR_CANCEL = 69
/** … the name has nothing of that kind. */
export const DNS_ERR_NODATA = 70

/** Type of an answer: IPv4 addresses. */
export const DNS_IPv4_A = 1
/** … a name. */
export const DNS_PTR = 2
/** … IPv6 addresses. */
export const DNS_IPv6_AAAA = 3

/** Flag of a question: append no search domain. */
export const DNS_QUERY_NO_SEARCH = 1

/** What `resolvConfParse()` takes from the file: search domains. */
export const DNS_OPTION_SEARCH = 1
/** … nameservers. */
export const DNS_OPTION_NAMESERVERS = 2
/** … timeouts and the like. */
export const DNS_OPTION_MISC = 4
/** … and from the hosts file. */
export const DNS_OPTION_HOSTSFILE = 8
/** … all of that. */
export const DNS_OPTIONS_ALL = 15
/** Without nameservers in the file, do not ask 127.0.0.1. */
export const DNS_OPTION_NAMESERVERS_NO_DEFAULT = 16
