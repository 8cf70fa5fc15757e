// The bench as a program. Lines on standard input command it, lines on standard output say what happened:
//
//   run US            run so long                             ran COUNT US           it did; the bench's own count and time
//   send HEX          bytes onto the cable, at its pace       sent HEX               bytes from the board
//   speed C           encoder, counts/s, may be negative      output N LEVEL COUNT US AGO: AGO µs after the last edge
//   follow 0|1        turn only while the relay is closed     relay LEVEL COUNT US
//   jump C            C edges at once, each seen by the board
//   glitch            both encoder channels change at once
//   input NAME 0|1    e-stop, jam, full-0 … full-3            stack BYTES            never used so far
//   cable 0|1         pull, plug                              failed WHY
//   reset, hang, stack                                      stalled MS  this computer held the bench up, a new longest
//
// bench FIRMWARE         in lockstep with standard input: time passes only by `run`
// bench FIRMWARE --pty   in real time, the cable on a pseudo-terminal named in the first line: `pty /dev/pts/N`
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_US ((uint64_t)1000)
#define NS_PER_S ((uint64_t)1000000000)
#define BYTE_NS 86806ULL // ten bits at 115200 baud
#define STRETCH_NS (20 * NS_PER_US)
#define SLICE_NS 250000ULL
#define LOST_NS (250 * 1000000ULL) // further behind than this is a machine that was stopped: time is let go
#define TOLD_NS (10 * 1000000ULL)
#define SILENT_NS NS_PER_S         // without a byte from the host for so long nobody listens

enum { CABLE_BYTES = 4096, LINE_BYTES = 16384 };

static uint64_t now_ns, edge_ns, next_edge_ns, next_byte_ns, heard_ns;
static int64_t count;
static long speed;
static int follow, relay, is_plugged = 1;
static uint8_t inputs;
static uint8_t to_board[CABLE_BYTES], from_board[CABLE_BYTES];
static size_t to_in, to_out, from_length;
static int pty = -1;

// ── Encoder ────────────────────────────────────────────────────────────────────────────────────────────────────────────

static void turn_by(int step) {
  static const uint8_t levels[4] = {0, 1, 3, 2};
  count += step;
  plant_set_encoder(levels[count & 3]);
}

static int is_turning(void) { return speed != 0 && (!follow || relay); }

static uint64_t edge_period_ns(void) { return NS_PER_S / (uint64_t)labs(speed); }

static void start_turning(void) {
  if (is_turning()) next_edge_ns = now_ns + edge_period_ns();
}

// ── Cable ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

static void queue_to_board(const uint8_t *bytes, size_t length) {
  if (!is_plugged) return;
  heard_ns = now_ns;
  if (to_in == to_out && next_byte_ns < now_ns + BYTE_NS) next_byte_ns = now_ns + BYTE_NS;
  for (size_t index = 0; index < length && to_in - to_out < CABLE_BYTES; index++) to_board[to_in++ % CABLE_BYTES] = bytes[index];
}

void bench_on_byte(uint8_t byte) {
  if (is_plugged && from_length < CABLE_BYTES) from_board[from_length++] = byte;
}

static void flush_from_board(void) {
  if (from_length == 0) return;
  if (pty >= 0) {
    // What a full buffer does not take is lost, as on a wire.
    if (now_ns - heard_ns < SILENT_NS && write(pty, from_board, from_length) < 0 && errno != EAGAIN) perror("pty");
  } else {
    printf("sent ");
    for (size_t index = 0; index < from_length; index++) printf("%02X", from_board[index]);
    printf("\n");
  }
  from_length = 0;
}

void bench_on_pin(int pin, int level, uint64_t ns) {
  static int level_of[PIN_RELAY + 1];
  uint64_t us = ns / NS_PER_US;
  if (level == level_of[pin]) return;
  level_of[pin] = level;
  if (pin != PIN_RELAY) {
    printf("output %d %d %" PRId64 " %" PRIu64 " %.2f\n", pin, level, count, us, (double)(int64_t)(ns - edge_ns) / NS_PER_US);
    return;
  }
  printf("relay %d %" PRId64 " %" PRIu64 "\n", level, count, us);
  relay = level;
  if (follow) start_turning();
}

// ── Time ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

// In stretches so short that what the board does in one (close the relay) takes effect before an edge is due.
static void run_until(uint64_t end_ns) {
  while (now_ns < end_ns) {
    uint64_t next = now_ns + STRETCH_NS < end_ns ? now_ns + STRETCH_NS : end_ns;
    if (is_turning() && next_edge_ns < next) next = next_edge_ns;
    if (to_in != to_out && next_byte_ns < next) next = next_byte_ns;
    plant_run_until(next);
    if (next > now_ns) now_ns = next;
    if (is_turning() && next_edge_ns <= now_ns) {
      edge_ns = next_edge_ns;
      turn_by(speed > 0 ? 1 : -1);
      next_edge_ns += edge_period_ns();
    }
    if (to_in != to_out && next_byte_ns <= now_ns) {
      plant_receive(to_board[to_out++ % CABLE_BYTES]);
      next_byte_ns += BYTE_NS;
    }
  }
}

static uint64_t real_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

// ── Commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────

static void send_hex(const char *hex) {
  uint8_t byte;
  for (; sscanf(hex, "%2hhx", &byte) == 1; hex += 2) queue_to_board(&byte, 1);
}

static void set_input(const char *name, int is_active) {
  int bit = -1, number;
  if (strcmp(name, "e-stop") == 0) bit = 0;
  if (strcmp(name, "jam") == 0) bit = 1;
  if (sscanf(name, "full-%d", &number) == 1 && number >= 0 && number < 4) bit = 2 + number;
  if (bit < 0) {
    printf("failed no input %s\n", name);
    return;
  }
  inputs = (uint8_t)(is_active ? inputs | 1 << bit : inputs & ~(1 << bit));
  plant_set_inputs(inputs);
}

static void jump(long edges) {
  for (long left = labs(edges); left > 0; left--) {
    turn_by(edges > 0 ? 1 : -1);
    now_ns += NS_PER_S / 25000; // as fast as a board can be sure to see
    plant_run_until(now_ns);
  }
  start_turning();
}

static void obey(const char *line) {
  char name[16];
  long number;
  if (sscanf(line, "run %ld", &number) == 1) {
    run_until(now_ns + (uint64_t)number * NS_PER_US);
    flush_from_board();
    printf("ran %" PRId64 " %" PRIu64 "\n", count, now_ns / NS_PER_US);
  } else if (strncmp(line, "send ", 5) == 0) {
    send_hex(line + 5);
  } else if (sscanf(line, "speed %ld", &number) == 1) {
    speed = number;
    start_turning();
  } else if (sscanf(line, "follow %ld", &number) == 1) {
    follow = number != 0;
    start_turning();
  } else if (sscanf(line, "jump %ld", &number) == 1) {
    jump(number);
  } else if (sscanf(line, "input %15s %ld", name, &number) == 2) {
    set_input(name, number != 0);
  } else if (sscanf(line, "cable %ld", &number) == 1) {
    is_plugged = number != 0;
    to_in = to_out = 0;
  } else if (strncmp(line, "glitch", 6) == 0) {
    count += 2;
    turn_by(0);
  } else if (strncmp(line, "reset", 5) == 0) {
    plant_reset();
  } else if (strncmp(line, "hang", 4) == 0) {
    if (!plant_hang()) printf("failed hang\n");
  } else if (strncmp(line, "stack", 5) == 0) {
    printf("stack %d\n", plant_free_stack());
  } else {
    printf("failed not understood: %s", line);
  }
}

static void run_in_lockstep(void) {
  static char line[LINE_BYTES];
  while (fgets(line, sizeof line, stdin) != NULL) {
    obey(line);
    fflush(stdout);
  }
}

static void open_pty(void) {
  struct termios settings;
  pty = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (pty < 0 || grantpt(pty) != 0 || unlockpt(pty) != 0) {
    perror("pseudo-terminal");
    exit(1);
  }
  // Held open here as well, so that a host may come and go.
  int host_end = open(ptsname(pty), O_RDWR | O_NOCTTY);
  tcgetattr(host_end, &settings);
  cfmakeraw(&settings);
  tcsetattr(host_end, TCSANOW, &settings);
  printf("pty %s\n", ptsname(pty));
  fflush(stdout);
}

// Returns 0 at the end of standard input.
static int obey_waiting_lines(void) {
  static char lines[LINE_BYTES];
  static size_t length;
  struct pollfd waiting = {.fd = 0, .events = POLLIN};
  if (poll(&waiting, 1, 0) <= 0) return 1;
  ssize_t got = read(0, lines + length, sizeof lines - 1 - length);
  if (got <= 0) return 0;
  length += (size_t)got;
  lines[length] = 0;
  char *rest = lines;
  for (char *end = strchr(rest, '\n'); end != NULL; end = strchr(rest, '\n')) {
    *end = 0;
    obey(rest);
    rest = end + 1;
  }
  length -= (size_t)(rest - lines);
  memmove(lines, rest, length + 1);
  return 1;
}

static void run_in_real_time(void) {
  uint8_t bytes[256];
  // A real board does not wait for this computer's other work; where the right to be first is missing it goes on as it is.
  struct sched_param first = {.sched_priority = 1};
  if (sched_setscheduler(0, SCHED_RR, &first) != 0) setpriority(PRIO_PROCESS, 0, -15);
  open_pty();
  uint64_t origin_ns = real_ns() - now_ns, longest_ns = 0;
  while (obey_waiting_lines()) {
    ssize_t got = read(pty, bytes, sizeof bytes);
    if (got > 0) queue_to_board(bytes, (size_t)got);
    run_until(now_ns + SLICE_NS);
    flush_from_board();
    fflush(stdout);
    uint64_t passed_ns = real_ns() - origin_ns;
    if (passed_ns > now_ns + longest_ns + TOLD_NS) {
      longest_ns = passed_ns - now_ns;
      printf("stalled %" PRIu64 "\n", longest_ns / 1000000);
    }
    // What is not let go is caught up with.
    if (passed_ns > now_ns + LOST_NS) origin_ns += passed_ns - now_ns;
    if (passed_ns < now_ns) nanosleep(&(struct timespec){.tv_nsec = (long)(now_ns - passed_ns)}, NULL);
  }
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: %s FIRMWARE [--pty]\n", argv[0]);
    return 2;
  }
  plant_open(argv[1]);
  plant_set_inputs(0);
  turn_by(0);
  if (argc > 2 && strcmp(argv[2], "--pty") == 0) run_in_real_time();
  else run_in_lockstep();
  return 0;
}
