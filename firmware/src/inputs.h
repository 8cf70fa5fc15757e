// Debounced sensors: an input counts when it has kept its level for 20 ms; an E-stop acts at its first edge and is debounced
// only on release. firmware-protocol.md § 4.8.
#ifndef INPUTS_H
#define INPUTS_H

#include <stdint.h>

// Takes the levels at power-on as they are.
void inputs_start(uint32_t ticks);
// Call often; returns the levels that count now, bits as in hal_inputs().
uint8_t inputs_poll(uint32_t ticks);

#endif
