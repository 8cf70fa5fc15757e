// The outputs: on for the hold, never longer than the configured maximum, safe at once when told; measured in ticks, so that
// a jet closes even when the belt stops. firmware-protocol.md § 4.7.
#ifndef OUTPUTS_H
#define OUTPUTS_H

#include <stdint.h>

// Forgets every contract: all outputs off, none configured.
void outputs_forget(void);
void outputs_configure(uint8_t output, uint16_t max_on_ms, uint8_t safe_on);
uint8_t outputs_is_configured(uint8_t output);
// To the value that is not the safe one; outputs_hold must follow, and says for how long. Locked.
void outputs_switch(uint8_t output);
// For `hold_us` from `ticks`; extends an output that is on. Locked.
void outputs_hold(uint8_t output, uint32_t hold_us, uint32_t ticks);
void outputs_all_safe(void);

#endif
