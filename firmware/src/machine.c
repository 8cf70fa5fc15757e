#include "machine.h"

#include "board.h"
#include "bytes.h"
#include "config.h"
#include "encoder.h"
#include "hal.h"
#include "messages.h"
#include "outputs.h"
#include "queue.h"
#include "stream.h"

static uint8_t state, cause, fault, levels;

void machine_boot(uint8_t inputs) {
  levels = inputs;
  state = STATE_SAFE;
  cause = CAUSE_BOOT;
  fault = FAULT_NONE;
  queue_clear();
  config_forget();
  hal_belt(0);
}

uint8_t machine_is_armed(void) { return state == STATE_ARMED; }

void machine_collect_settled(void) {
  for (uint8_t slot = queue_next_settled(); slot != QUEUE_NO_SLOT; slot = queue_next_settled()) stream_queue_report(slot);
}

void machine_flush(uint8_t as) {
  machine_collect_settled();
  for (uint8_t slot = queue_withdraw_next((slot_state_t)as); slot != QUEUE_NO_SLOT; slot = queue_withdraw_next((slot_state_t)as)) {
    machine_collect_settled();
    stream_queue_report(slot);
  }
}

// Into safe, or a graver cause while there already: outputs first, then the reports of what was flushed, then the state.
static void enter_safe(uint8_t why, uint8_t as) {
  uint8_t was_armed = state == STATE_ARMED;
  state = STATE_SAFE;
  cause = why;
  machine_flush(as);
  outputs_all_safe();
  if (was_armed) hal_belt(0);
  stream_queue_state();
}

void machine_session_begins(void) {
  if (state == STATE_ARMED) enter_safe(CAUSE_HOST_REQUEST, SLOT_MISSED_CANCELLED);
  queue_clear();
  config_forget();
}

uint8_t machine_arm(void) {
  if (state == STATE_ARMED) return RESULT_OK;
  if (!config_is_committed()) return RESULT_NOT_CONFIGURED;
  if (levels & (HAL_E_STOP | HAL_JAM)) return RESULT_INTERLOCK;
  state = STATE_ARMED;
  cause = CAUSE_NONE;
  fault = FAULT_NONE;
  encoder_forget_trouble();
  return RESULT_OK;
}

void machine_armed(void) {
  hal_belt(1);
  stream_queue_state();
}

void machine_safe_requested(void) {
  if (state == STATE_ARMED) enter_safe(CAUSE_HOST_REQUEST, SLOT_MISSED_CANCELLED);
}

void machine_heartbeat_lost(void) {
  if (state == STATE_ARMED) enter_safe(CAUSE_HEARTBEAT_LOST, SLOT_MISSED_INHIBITED);
}

void machine_fault(uint8_t found) {
  uint8_t explains = (levels & HAL_E_STOP) ? cause : CAUSE_FAULT;
  if (fault == found && cause == explains && state == STATE_SAFE) return;
  fault = found;
  if (levels & HAL_E_STOP) stream_queue_state();
  else enter_safe(CAUSE_FAULT, SLOT_MISSED_INHIBITED);
}

void machine_inputs(uint8_t inputs) {
  uint8_t risen = inputs & (uint8_t)~levels;
  if (inputs == levels) return;
  levels = inputs;
  if (risen & HAL_E_STOP) enter_safe(CAUSE_E_STOP, SLOT_MISSED_INHIBITED);
  else if ((risen & HAL_JAM) && !(levels & HAL_E_STOP)) enter_safe(CAUSE_JAM, SLOT_MISSED_INHIBITED);
  else stream_queue_state();
}

void machine_fill_state(uint8_t *payload) {
  uint8_t inputs = (levels & HAL_E_STOP ? INPUT_E_STOP : 0) | (levels & HAL_JAM ? INPUT_JAM : 0) | (state == STATE_ARMED ? INPUT_BELT_RUNNING : 0);
  uint8_t *at = put_u8(put_u8(put_u8(put_u8(payload, state), cause), fault), inputs);
  put_u16(put_u32(at, levels / HAL_BIN_FULL), config_crc());
}
