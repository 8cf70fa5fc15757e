#include "outputs.h"

#include "board.h"
#include "bytes.h"
#include "hal.h"

// The clock's interrupt may come this much before the time asked for.
enum { EARLY_US = 4 };

static volatile uint8_t active; // bit n: output n is at its firing value
static uint8_t configured, safe_on_bits;
static uint32_t max_on_us[BOARD_OUTPUTS];
static volatile uint32_t on_ticks[BOARD_OUTPUTS], off_ticks[BOARD_OUTPUTS];
static uint32_t alarm_ticks;

static const uint8_t bit_of[8] = {1, 2, 4, 8, 16, 32, 64, 128};

static void release(uint8_t output) {
  hal_output(output, (safe_on_bits & bit_of[output]) != 0);
  active &= (uint8_t)~bit_of[output];
}

void outputs_forget(void) {
  uint8_t before = hal_lock();
  active = 0;
  configured = 0;
  safe_on_bits = 0;
  for (uint8_t output = 0; output < BOARD_OUTPUTS; output++) hal_output(output, 0);
  hal_unlock(before);
}

void outputs_configure(uint8_t output, uint16_t max_on_ms, uint8_t safe_on) {
  uint8_t before = hal_lock();
  configured |= bit_of[output];
  if (safe_on) safe_on_bits |= bit_of[output];
  max_on_us[output] = max_on_ms * 1000UL;
  hal_unlock(before);
}

uint8_t outputs_is_configured(uint8_t output) { return (configured & bit_of[output]) != 0; }

void outputs_switch(uint8_t output) { hal_output(output, !(safe_on_bits & bit_of[output])); }

void outputs_hold(uint8_t output, uint32_t hold_us, uint32_t ticks) {
  uint32_t off = ticks + hold_us;
  uint8_t bit = bit_of[output];
  if (!(active & bit)) on_ticks[output] = ticks;
  else if (difference(off_ticks[output], off) > 0) off = off_ticks[output];
  uint32_t latest = on_ticks[output] + max_on_us[output];
  if (difference(off, latest) > 0) off = latest;
  off_ticks[output] = off;
  if (active == 0 || difference(off, alarm_ticks) < 0) {
    alarm_ticks = off;
    hal_alarm_at(off);
  }
  active |= bit;
}

static void set_alarm(void) {
  uint8_t any = 0;
  for (uint8_t output = 0; output < BOARD_OUTPUTS; output++) {
    if (!(active & bit_of[output]) || (any && difference(off_ticks[output], alarm_ticks) >= 0)) continue;
    alarm_ticks = off_ticks[output];
    any = 1;
  }
  if (any) hal_alarm_at(alarm_ticks);
}

// The encoder is let in after each output: it may fire others meanwhile, which the alarm set at the end includes.
void outputs_on_time(void) {
  if (active == 0) return;
  uint32_t soon = hal_ticks() + EARLY_US;
  for (uint8_t output = 0; output < BOARD_OUTPUTS; output++) {
    if ((active & bit_of[output]) && difference(off_ticks[output], soon) <= 0) release(output);
    hal_let_interrupts_in();
  }
  set_alarm();
}

void outputs_all_safe(void) {
  uint8_t before = hal_lock();
  for (uint8_t output = 0; output < BOARD_OUTPUTS; output++) release(output);
  hal_unlock(before);
}
