/* A client that sends its requests one byte at a time, with or without a download beside it, both in one
   thread, so that neither waits for a processor. Prints how long a reply took after the last byte of its
   request, and how much was downloaded. Arguments: port, seconds, and a path to download again and again, if
   any. */
#include "loopback.h"

enum { kHead = 4096, kPiece = 1 << 18 };

static const double kSecondsPerByte = 200e-6;
static const char kRequest[] = "GET / HTTP/1.1\r\nHost: bench\r\n\r\n";

static struct samples times;

static struct {
  int fd;
  size_t sent;
  double last_byte;
} small;

static struct {
  int fd;
  char request[256];
  size_t missing;
  double total;
} download;

static void trickle(double time) {
  char reply[kHead];
  ssize_t n;
  if (small.sent < sizeof kRequest - 1) {
    if (time < small.last_byte + kSecondsPerByte) return;
    if (send(small.fd, kRequest + small.sent, 1, MSG_NOSIGNAL) != 1) fail("send");
    ++small.sent;
    small.last_byte = time;
    return;
  }
  n = recv(small.fd, reply, sizeof reply, 0);
  if (n < 0 && would_block()) return;
  if (n <= 0) fail("recv");
  if (strncmp(reply, "HTTP/1.1 200", 12) != 0) refuse("no 200 came");
  time = now();
  add_sample(&times, time - small.last_byte);
  small.sent = 0;
  small.last_byte = time;
}

static void ask_for_download(void) {
  if (send(download.fd, download.request, strlen(download.request), MSG_NOSIGNAL) < 0) fail("send");
}

static void go_on_with_download(void) {
  char head[kHead + 1];
  ssize_t n =
      recv(download.fd, head, download.missing == 0 ? kHead : kPiece, download.missing == 0 ? 0 : MSG_TRUNC);
  if (n < 0 && would_block()) return;
  if (n <= 0) fail("recv");
  download.total += (double)n;
  if (download.missing == 0) {
    const char *end, *field;
    head[n] = '\0';
    end = strstr(head, "\r\n\r\n");
    field = strcasestr(head, "\r\nContent-Length:");
    if (end == NULL || field == NULL) refuse("a head in two pieces");
    download.missing = strtoul(field + 17, NULL, 10) + (size_t)(end + 4 - head);
  }
  download.missing -= (size_t)n;
  if (download.missing == 0) ask_for_download();
}

int main(int argc, char** argv) {
  double begin, time;
  if (argc != 3 && argc != 4) return 2;
  small.fd = connect_to(atoi(argv[1]));
  if (argc == 4) {
    download.fd = connect_to(atoi(argv[1]));
    snprintf(download.request, sizeof download.request, "GET %s HTTP/1.1\r\nHost: bench\r\n\r\n", argv[3]);
    ask_for_download();
  }
  begin = time = now();
  while (time < begin + atof(argv[2])) {
    trickle(time);
    if (argc == 4) go_on_with_download();
    time = now();
  }
  if (times.count == 0) refuse("no reply came");
  printf("{\"replies\":%zu,\"p50\":%.1f,\"p99\":%.1f,\"mibPerSecond\":%.1f}\n", times.count,
         quantile(times.values, times.count, 0.5) * 1e6, quantile(times.values, times.count, 0.99) * 1e6,
         download.total / (1 << 20) / (time - begin));
  return 0;
}
