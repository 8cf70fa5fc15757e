#include "inputs.h"

#include "hal.h"

enum { DEBOUNCE_US = 20000, INPUTS = 8 };

static uint8_t stable;
static uint32_t same_since[INPUTS]; // when each input last agreed with its stable level

void inputs_start(uint32_t ticks) {
  stable = hal_inputs();
  for (uint8_t input = 0; input < INPUTS; input++) same_since[input] = ticks;
}

uint8_t inputs_poll(uint32_t ticks) {
  uint8_t now = hal_inputs();
  if (hal_e_stop_edge()) now |= HAL_E_STOP;
  if (now & HAL_E_STOP) stable |= HAL_E_STOP;
  uint8_t differs = now ^ stable;
  for (uint8_t input = 0, bit = 1; input < INPUTS; input++, bit <<= 1) {
    if (!(differs & bit)) same_since[input] = ticks;
    else if (ticks - same_since[input] >= DEBOUNCE_US) stable ^= bit;
  }
  return stable;
}
