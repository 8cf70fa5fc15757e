// Everything here is bounded: a window of frames on the wire, a window of results, a report per queue slot, one state.
#include "stream.h"

#include "board.h"
#include "bytes.h"
#include "hal.h"
#include "messages.h"
#include "queue.h"

#define RETRANSMIT_US 50000UL
#define NAK_QUIET_US 10000UL
enum { KEPT = 8, NO_ID = 0, TOO_LONG = 0xFF };

// What waits to be sent: a queue slot's report, a result, or the state.
enum { TOKEN_RESULT = 0x40, TOKEN_STATE = 0xFF, TOKENS = 64 };

typedef struct {
  uint8_t id, length, token;
  uint8_t payload[LONGEST_REPORT_BYTES];
  uint32_t sent_ticks;
  uint8_t is_kept, is_due; // the host has it already; it is to be sent again
} in_flight_t;

static uint8_t session, expected, base;
static owed_t owed;
static uint32_t damage_ticks;
static uint8_t damage_told;

static struct { uint8_t id, length, payload[FIRE_SCHEDULE_BYTES]; } kept[KEPT]; // by sequence number modulo KEPT
static struct { uint8_t request_seq, code; uint16_t detail; } results[BOARD_WINDOW];
static uint8_t results_used; // bit per result not acknowledged yet

static uint8_t waiting[TOKENS], waiting_in, waiting_out;
static in_flight_t window[BOARD_WINDOW]; // oldest first
static uint8_t in_flight;
static uint32_t retransmit_from;

void stream_begin(uint8_t number) {
  session = number;
  expected = base = 0;
  owed = OWED_NOTHING;
  damage_told = 0;
  results_used = 0;
  waiting_in = waiting_out = 0;
  in_flight = 0;
  for (uint8_t index = 0; index < KEPT; index++) kept[index].id = NO_ID;
}

uint8_t stream_session(void) { return session; }

static uint8_t has_room_for_result(void) { return results_used != (uint8_t)((1 << BOARD_WINDOW) - 1); }

static uint8_t kept_bits(void) {
  uint8_t bits = 0;
  for (uint8_t ahead = 1; ahead < KEPT; ahead++) {
    if (kept[(uint8_t)(expected + ahead) % KEPT].id != NO_ID) bits |= (uint8_t)(1 << (ahead - 1));
  }
  return bits;
}

static void deliver_kept(void) {
  for (;;) {
    uint8_t at = expected % KEPT;
    uint8_t id = kept[at].id;
    if (id == NO_ID) return;
    kept[at].id = NO_ID;
    if (!has_room_for_result()) return;
    expected++;
    firmware_request(id, kept[at].payload, kept[at].length, expected - 1);
  }
}

void stream_take_request(const frame_t *frame) {
  uint8_t ahead = frame->seq - expected;
  if (ahead >= KEPT) {
    if (owed == OWED_NOTHING) owed = OWED_ACK;
    return;
  }
  if (ahead > 0) {
    uint8_t at = frame->seq % KEPT;
    kept[at].id = frame->id;
    kept[at].length = frame->payload_length <= FIRE_SCHEDULE_BYTES ? frame->payload_length : TOO_LONG;
    for (uint8_t index = 0; kept[at].length != TOO_LONG && index < frame->payload_length; index++) kept[at].payload[index] = frame->payload[index];
  } else {
    if (!has_room_for_result()) return;
    if (owed == OWED_NOTHING) owed = OWED_ACK;
    expected++;
    firmware_request(frame->id, frame->payload, frame->payload_length, frame->seq);
    deliver_kept();
  }
  if (kept_bits() != 0) owed = OWED_NAK;
}

void stream_take_ack(uint8_t ack) {
  uint8_t count = ack - base;
  if (count == 0 || count > in_flight) return;
  for (uint8_t index = 0; index < count; index++) {
    uint8_t token = window[index].token;
    if (token < TOKEN_RESULT) queue_release(token);
    else if (token != TOKEN_STATE) results_used &= (uint8_t)~(1 << (token - TOKEN_RESULT));
  }
  in_flight -= count;
  for (uint8_t index = 0; index < in_flight; index++) window[index] = window[index + count];
  base = ack;
  uint8_t before = hal_lock();
  retransmit_from = hal_ticks();
  hal_unlock(before);
}

static void send_again_before(uint8_t end) {
  for (uint8_t index = 0; index < end; index++) {
    if (!window[index].is_kept) window[index].is_due = 1;
  }
}

static void forget_kept_there(void) {
  for (uint8_t index = 0; index < in_flight; index++) window[index].is_kept = 0;
}

void stream_take_nak(uint8_t ack, uint8_t kept_there, uint32_t ticks) {
  if (ack != base || in_flight == 0) return;
  if (kept_there == 0) {
    if (ticks - window[0].sent_ticks < NAK_QUIET_US) return;
    forget_kept_there();
    send_again_before(in_flight);
    return;
  }
  uint8_t end = 0;
  for (uint8_t index = 1; index < in_flight; index++) {
    if (!(kept_there & (1 << (index - 1)))) continue;
    window[index].is_kept = 1;
    end = index;
  }
  for (uint8_t index = 0; index < end; index++) {
    if (!window[index].is_kept && ticks - window[index].sent_ticks >= NAK_QUIET_US) window[index].is_due = 1;
  }
}

void stream_take_damage(uint32_t ticks) {
  if (session == 0 || (damage_told && ticks - damage_ticks < NAK_QUIET_US)) return;
  damage_told = 1;
  damage_ticks = ticks;
  owed = OWED_NAK;
}

static void queue_token(uint8_t token) {
  if (session != 0) waiting[waiting_in++ % TOKENS] = token;
}

void stream_queue_result(uint8_t request_seq, uint8_t code, uint16_t detail) {
  uint8_t index = 0;
  while (results_used & (1 << index)) index++;
  results_used |= (uint8_t)(1 << index);
  results[index].request_seq = request_seq;
  results[index].code = code;
  results[index].detail = detail;
  queue_token(TOKEN_RESULT + index);
}

// Without a session nobody can be told, and the slot is free at once.
void stream_queue_report(uint8_t slot) {
  if (session == 0) queue_release(slot);
  else queue_token(slot);
}

void stream_queue_state(void) {
  uint8_t kept_in = waiting_out;
  for (uint8_t at = waiting_out; at != waiting_in; at++) {
    uint8_t token = waiting[at % TOKENS];
    if (token != TOKEN_STATE) waiting[kept_in++ % TOKENS] = token;
  }
  waiting_in = kept_in;
  queue_token(TOKEN_STATE);
}

static void fill_report(in_flight_t *entry, uint8_t slot) {
  queue_report_t report;
  queue_report(slot, &report);
  uint8_t *at = put_u16(entry->payload, report.command_id);
  entry->id = report.state == SLOT_FIRED ? FIRE_FIRED : FIRE_MISSED;
  if (report.state == SLOT_MISSED_LATE) at = put_u8(at, MISSED_LATE);
  if (report.state == SLOT_MISSED_CANCELLED) at = put_u8(at, MISSED_CANCELLED);
  if (report.state == SLOT_MISSED_INHIBITED) at = put_u8(at, MISSED_INHIBITED);
  at = put_u32(at, report.at_count);
  entry->length = (uint8_t)(at - entry->payload);
}

static void fill(in_flight_t *entry, uint8_t token) {
  entry->token = token;
  entry->is_kept = 0;
  if (token < TOKEN_RESULT) return fill_report(entry, token);
  if (token == TOKEN_STATE) {
    entry->id = BOARD_STATE;
    entry->length = BOARD_STATE_BYTES;
    return firmware_fill_state(entry->payload);
  }
  uint8_t index = token - TOKEN_RESULT;
  entry->id = REQUEST_RESULT;
  entry->length = 4;
  put_u16(put_u8(put_u8(entry->payload, results[index].request_seq), results[index].code), results[index].detail);
}

static void transmit(uint8_t index, uint32_t ticks) {
  in_flight_t *entry = &window[index];
  entry->sent_ticks = ticks;
  entry->is_due = 0;
  stream_send(entry->id, session, base + index, entry->payload, entry->length);
}

uint8_t stream_send_next(uint32_t ticks) {
  if (in_flight > 0 && ticks - retransmit_from >= RETRANSMIT_US) {
    // The host may have given up what it kept.
    forget_kept_there();
    send_again_before(in_flight);
    retransmit_from = ticks;
  }
  for (uint8_t index = 0; index < in_flight; index++) {
    if (!window[index].is_due) continue;
    retransmit_from = ticks;
    transmit(index, ticks);
    return 1;
  }
  if (in_flight == BOARD_WINDOW || waiting_in == waiting_out) return 0;
  if (in_flight == 0) retransmit_from = ticks;
  fill(&window[in_flight], waiting[waiting_out++ % TOKENS]);
  transmit(in_flight++, ticks);
  return 1;
}

owed_t stream_owed(uint8_t *kept_here) {
  if (session == 0) return OWED_NOTHING;
  *kept_here = kept_bits();
  return owed;
}

void stream_send(uint8_t id, uint8_t to_session, uint8_t seq, const uint8_t *payload, uint8_t length) {
  uint8_t wire[FRAME_LONGEST + 2];
  frame_t frame = {.id = id, .session = to_session, .seq = seq, .ack = id == HELLO_REPLY ? 0 : expected, .payload = payload, .payload_length = length};
  if (owed == OWED_ACK || id == BOARD_NAK) owed = OWED_NOTHING;
  uint8_t total = frame_encode(&frame, wire);
  for (uint8_t index = 0; index < total; index++) hal_send(wire[index]);
}
