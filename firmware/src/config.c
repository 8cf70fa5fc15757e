#include "config.h"

#include "board.h"
#include "bytes.h"
#include "frame.h"
#include "messages.h"
#include "outputs.h"
#include "queue.h"

enum { BEGIN_BYTES = 6, OUTPUT_BYTES = 4, NO_OUTPUT = 0xFF };
enum { DEFAULT_HEARTBEAT_TIMEOUT_MS = 500, DEFAULT_BELT_PERIOD_MS = 100 };

static enum { NOTHING, COLLECTING, COMMITTED } phase;
static uint16_t crc = CRC16_INITIAL;
static uint8_t announced, collected, last_output = NO_OUTPUT;
static uint16_t heartbeat_timeout_ms;
static uint8_t belt_period_ms;

void config_forget(void) {
  phase = NOTHING;
  crc = CRC16_INITIAL;
  collected = 0;
  last_output = NO_OUTPUT;
  outputs_forget();
}

uint8_t config_is_committed(void) { return phase == COMMITTED; }

uint16_t config_crc(void) { return phase == COMMITTED ? crc : 0; }

uint16_t config_heartbeat_timeout_ms(void) { return phase == COMMITTED ? heartbeat_timeout_ms : DEFAULT_HEARTBEAT_TIMEOUT_MS; }

uint8_t config_belt_period_ms(void) { return phase == COMMITTED ? belt_period_ms : DEFAULT_BELT_PERIOD_MS; }

uint8_t config_begin(const uint8_t *payload) {
  uint8_t count = payload[0], period_ms = payload[3];
  uint16_t timeout_ms = get_u16(payload + 1);
  if (count > 32 || timeout_ms < 100 || timeout_ms > 5000 || period_ms < 5 || period_ms > 250) return RESULT_BAD_REQUEST;
  config_forget();
  phase = COLLECTING;
  announced = count;
  heartbeat_timeout_ms = timeout_ms;
  belt_period_ms = period_ms;
  queue_set_max_late(get_u16(payload + 4));
  crc = crc16(CRC16_INITIAL, payload, BEGIN_BYTES);
  return RESULT_OK;
}

uint8_t config_output(const uint8_t *payload) {
  uint8_t output = payload[0], flags = payload[1];
  uint16_t max_on_ms = get_u16(payload + 2);
  if (output > 31 || flags > 1 || max_on_ms < 1 || max_on_ms > 60000) return RESULT_BAD_REQUEST;
  if (output >= BOARD_OUTPUTS) return RESULT_BAD_OUTPUT;
  if (phase != COLLECTING || (last_output != NO_OUTPUT && output <= last_output)) return RESULT_BAD_REQUEST;
  crc = crc16(crc, payload, OUTPUT_BYTES);
  collected++;
  last_output = output;
  outputs_configure(output, max_on_ms, flags & 1);
  return RESULT_OK;
}

uint8_t config_commit(const uint8_t *payload, uint16_t *own_crc) {
  *own_crc = crc;
  if (phase == NOTHING || collected != announced || get_u16(payload) != crc) {
    if (phase == COMMITTED) phase = COLLECTING;
    return RESULT_BAD_CONFIG;
  }
  phase = COMMITTED;
  outputs_all_safe();
  return RESULT_OK;
}
