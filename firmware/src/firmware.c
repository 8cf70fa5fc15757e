// The board's end of firmware-protocol.md § 4: sessions, requests, heartbeat and belt samples, and the loop that never waits.
//
//   bytes ─▶ frame ─▶ stream ─▶ firmware_request ─▶ config · machine · queue ─▶ outputs
//         ◀─ frame ◀─ stream ◀─ results, reports, state ◀───────┘        ▲
//                                                     encoder interrupt ─┘
#include <string.h>

#include "board.h"
#include "bytes.h"
#include "config.h"
#include "encoder.h"
#include "frame.h"
#include "hal.h"
#include "inputs.h"
#include "machine.h"
#include "messages.h"
#include "outputs.h"
#include "queue.h"
#include "stream.h"

#define BANNER_QUIET_US 100000UL
#define REST_PERIOD_MS 100
#define US_PER_MS 1000UL
#define FURTHEST_COUNTS 1073741824L
#define SHORTEST_HOLD_US 100UL
#define LONGEST_HOLD_US 60000000UL
// A new frame is begun when the one before is all but gone, so that a heartbeat's answer waits for one frame at most.
#define UNSENT_LOW 4

static frame_decoder_t decoder;
static uint32_t boot_id, nonce, alive_ticks, banner_ticks, sample_ticks;
static uint8_t reset_cause;
static uint8_t is_banner_due, is_hello_due, is_heartbeat_due;
static uint8_t hello_session, hello_version;
static uint32_t hello_nonce;
static uint16_t heartbeat_token;

static uint32_t ticks_now(void) {
  uint8_t before = hal_lock();
  uint32_t ticks = hal_ticks();
  hal_unlock(before);
  return ticks;
}

static uint32_t count_now(void) {
  uint8_t before = hal_lock();
  uint32_t count = encoder_count();
  hal_unlock(before);
  return count;
}

void firmware_start(void) {
  uint32_t ticks = ticks_now();
  reset_cause = hal_reset_cause();
  boot_id = hal_next_boot_id();
  inputs_start(ticks);
  machine_boot(inputs_poll(ticks));
  stream_begin(0);
  banner_ticks = ticks;
  is_banner_due = 1;
}

void firmware_fill_state(uint8_t *payload) { machine_fill_state(payload); }

// ── Hello ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

static void take_hello(const frame_t *frame, uint32_t ticks) {
  if (frame->payload_length < HELLO_ASK_BYTES || frame->session == 0) return;
  uint8_t min = frame->payload[0], max = frame->payload[1];
  uint32_t asked = get_u32(frame->payload + 2);
  if (min == 0 || max == 0 || asked == 0) return;
  uint8_t version = max < BOARD_MAX_VERSION ? max : BOARD_MAX_VERSION;
  if (version < min || version < BOARD_MIN_VERSION) version = 0;
  is_hello_due = 1;
  hello_session = frame->session;
  hello_nonce = asked;
  hello_version = version;
  alive_ticks = ticks;
  if (stream_session() != 0 && hello_nonce == nonce) return;
  stream_begin(0);
  machine_session_begins();
  if (version == 0) return;
  nonce = hello_nonce;
  stream_begin(frame->session);
  stream_queue_state();
  sample_ticks = ticks;
}

static void send_hello(uint8_t session, uint8_t version, uint32_t echoed) {
  uint8_t payload[HELLO_REPLY_BYTES];
  memset(payload, 0, sizeof payload);
  uint8_t *at = put_u8(put_u8(put_u8(put_u8(payload, BOARD_MIN_VERSION), BOARD_MAX_VERSION), version), reset_cause);
  at = put_u32(put_u32(at, echoed), boot_id);
  at = put_u8(put_u8(put_u8(at, BOARD_OUTPUTS), BOARD_QUEUE), BOARD_WINDOW);
  at = put_u16(at, BOARD_CAPABILITIES);
  at = put_u32(put_u32(at, BOARD_COUNTS_PER_METRE), BOARD_MAX_COUNTS_PER_SECOND);
  memcpy(at, BOARD_FIRMWARE, sizeof BOARD_FIRMWARE - 1);
  stream_send(HELLO_REPLY, session, 0, payload, sizeof payload);
}

// ── Requests ───────────────────────────────────────────────────────────────────────────────────────────────────────────

static uint8_t length_of(uint8_t id) {
  switch (id) {
    case CONFIG_BEGIN: return 6;
    case CONFIG_OUTPUT: return 4;
    case CONFIG_COMMIT:
    case FIRE_CANCEL: return 2;
    case FIRE_SCHEDULE: return FIRE_SCHEDULE_BYTES;
    case BOARD_ARM:
    case BOARD_SAFE:
    case FIRE_CANCEL_ALL: return 0;
    default: return 0xFF;
  }
}

// Order and names of the tests as in the table of § 4.7.
static uint8_t check_schedule(const uint8_t *payload) {
  uint16_t command_id = get_u16(payload);
  uint8_t output = payload[2];
  uint32_t hold_us = get_u32(payload + 7);
  if (command_id == 0 || hold_us < SHORTEST_HOLD_US || hold_us > LONGEST_HOLD_US) return RESULT_BAD_REQUEST;
  if (!machine_is_armed()) return RESULT_NOT_ARMED;
  if (output >= BOARD_OUTPUTS || !outputs_is_configured(output)) return RESULT_BAD_OUTPUT;
  if (queue_has(command_id)) return RESULT_DUPLICATE;
  int32_t ahead = difference(get_u32(payload + 3), count_now());
  if (ahead <= 0) return RESULT_LATE;
  if (ahead > FURTHEST_COUNTS) return RESULT_TOO_FAR;
  return queue_free_count() == 0 ? RESULT_QUEUE_FULL : RESULT_OK;
}

static void schedule(const uint8_t *payload, uint8_t seq) {
  uint8_t code = check_schedule(payload);
  stream_queue_result(seq, code, get_u16(payload));
  if (code == RESULT_OK) queue_add(get_u16(payload), payload[2], get_u32(payload + 3), get_u32(payload + 7));
}

static void cancel(const uint8_t *payload, uint8_t seq) {
  uint16_t command_id = get_u16(payload);
  if (command_id == 0) return stream_queue_result(seq, RESULT_BAD_REQUEST, 0);
  uint8_t slot = queue_withdraw(command_id, SLOT_MISSED_CANCELLED);
  stream_queue_result(seq, slot == QUEUE_NO_SLOT ? RESULT_LATE : RESULT_OK, command_id);
  if (slot == QUEUE_NO_SLOT) return;
  machine_collect_settled();
  stream_queue_report(slot);
}

static void configure(uint8_t id, const uint8_t *payload, uint8_t seq) {
  uint16_t own_crc = 0;
  uint8_t code = RESULT_BAD_REQUEST;
  if (!machine_is_armed()) {
    if (id == CONFIG_BEGIN) code = config_begin(payload);
    if (id == CONFIG_OUTPUT) code = config_output(payload);
    if (id == CONFIG_COMMIT) code = config_commit(payload, &own_crc);
  }
  stream_queue_result(seq, code, own_crc);
  if (id == CONFIG_COMMIT && code == RESULT_OK) stream_queue_state();
}

static void arm(uint8_t seq) {
  uint8_t was_armed = machine_is_armed();
  uint8_t code = machine_arm();
  stream_queue_result(seq, code, 0);
  if (was_armed || code != RESULT_OK) return;
  machine_armed();
  sample_ticks = ticks_now();
}

void firmware_request(uint8_t id, const uint8_t *payload, uint8_t length, uint8_t seq) {
  if (length != length_of(id)) return stream_queue_result(seq, RESULT_BAD_REQUEST, 0);
  switch (id) {
    case FIRE_SCHEDULE: return schedule(payload, seq);
    case FIRE_CANCEL: return cancel(payload, seq);
    case FIRE_CANCEL_ALL:
      stream_queue_result(seq, RESULT_OK, queue_waiting_count());
      return machine_flush(SLOT_MISSED_CANCELLED);
    case BOARD_ARM: return arm(seq);
    case BOARD_SAFE:
      stream_queue_result(seq, RESULT_OK, 0);
      return machine_safe_requested();
    default: return configure(id, payload, seq);
  }
}

// ── Receiving ──────────────────────────────────────────────────────────────────────────────────────────────────────────

static void take_unreliable(const frame_t *frame, uint32_t ticks) {
  if (frame->id == HEARTBEAT_ASK && frame->payload_length == 2) {
    heartbeat_token = get_u16(frame->payload);
    is_heartbeat_due = 1;
  }
  if (frame->id == HOST_NAK && frame->payload_length == 1) stream_take_nak(frame->ack, frame->payload[0], ticks);
}

static void take_frame(const frame_t *frame, uint32_t ticks) {
  if (frame->id & 0x80) return;
  if (frame->id == HELLO_ASK) return take_hello(frame, ticks);
  if (stream_session() == 0) {
    if (ticks - banner_ticks < BANNER_QUIET_US) return;
    banner_ticks = ticks;
    is_banner_due = 1;
    return;
  }
  if (frame->session != stream_session()) return;
  alive_ticks = ticks;
  stream_take_ack(frame->ack);
  if (frame->id >= CONFIG_BEGIN) stream_take_request(frame);
  else take_unreliable(frame, ticks);
}

// At most one frame, so that what it asks for is answered before the next is looked at.
static void receive(uint32_t ticks) {
  frame_t frame;
  for (int16_t byte = hal_receive(); byte >= 0; byte = hal_receive()) {
    frame_arrival_t arrival = frame_decode(&decoder, (uint8_t)byte, &frame);
    if (arrival == FRAME_NOT_YET) continue;
    if (arrival == FRAME_HERE) take_frame(&frame, ticks);
    else stream_take_damage(ticks);
    return;
  }
}

// ── Sending ────────────────────────────────────────────────────────────────────────────────────────────────────────────

static uint8_t *put_reading(uint8_t *at, belt_reading_t *reading) {
  encoder_read(reading);
  return put_u32(put_u32(put_u32(at, reading->ticks), reading->count), (uint32_t)reading->counts_per_second);
}

static void send_heartbeat(void) {
  uint8_t payload[15];
  belt_reading_t reading;
  put_u8(put_reading(put_u16(payload, heartbeat_token), &reading), queue_free_count());
  stream_send(HEARTBEAT_REPLY, stream_session(), 0, payload, sizeof payload);
}

static void send_sample(uint32_t ticks) {
  uint8_t payload[12];
  belt_reading_t reading;
  put_reading(payload, &reading);
  uint8_t is_moving = reading.counts_per_second != 0 || machine_is_armed();
  sample_ticks = ticks + US_PER_MS * (is_moving ? config_belt_period_ms() : REST_PERIOD_MS);
  stream_send(BELT_SAMPLE, stream_session(), 0, payload, sizeof payload);
}

static void send_one(uint32_t ticks) {
  uint8_t kept = 0;
  uint8_t has_session = stream_session() != 0;
  if (is_hello_due) {
    is_hello_due = 0;
    return send_hello(hello_session, hello_version, hello_nonce);
  }
  if (is_banner_due) {
    is_banner_due = 0;
    if (!has_session) return send_hello(0, 0, 0);
  }
  if (!has_session) return;
  if (is_heartbeat_due) {
    is_heartbeat_due = 0;
    return send_heartbeat();
  }
  if (stream_owed(&kept) == OWED_NAK) return stream_send(BOARD_NAK, stream_session(), 0, &kept, 1);
  if (difference(ticks, sample_ticks) >= 0) return send_sample(ticks);
  if (stream_send_next(ticks)) return;
  if (stream_owed(&kept) == OWED_ACK) stream_send(BOARD_ACK, stream_session(), 0, &kept, 0);
}

void firmware_step(void) {
  uint32_t ticks = ticks_now();
  hal_feed_watchdog();
  receive(ticks);
  machine_inputs(inputs_poll(ticks));
  uint8_t fault = encoder_watch();
  if (fault != FAULT_NONE && (fault != FAULT_ENCODER_REVERSED || machine_is_armed())) machine_fault(fault);
  if (stream_session() != 0 && ticks - alive_ticks >= config_heartbeat_timeout_ms() * US_PER_MS) machine_heartbeat_lost();
  machine_collect_settled();
  if (hal_unsent() <= UNSENT_LOW) send_one(ticks);
}
