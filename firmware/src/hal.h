// Everything the portable firmware wants from a board. One file implements it: hal_atmega328p.c for the real thing (and the
// simulator), host/hal_host.c for tests on a PC. In return the board's interrupts call the four functions at the end.
//
// "Locked" means with interrupts off. A lock may last about 20 µs: an encoder at 20 kHz has an edge every 50 µs.
#ifndef HAL_H
#define HAL_H

#include <stdint.h>

// Bits of hal_inputs(). The bin-full sensor of output n is HAL_BIN_FULL << n.
#define HAL_E_STOP 0x01
#define HAL_JAM 0x02
#define HAL_BIN_FULL 0x04

// Outputs off, clock and encoder running, interrupts on, watchdog on (at most 100 ms).
void hal_init(void);
// Index into the protocol's reset causes.
uint8_t hal_reset_cause(void);
// A number that no earlier boot had.
uint32_t hal_next_boot_id(void);
void hal_feed_watchdog(void);

// Turns interrupts off; hand the result to hal_unlock. Locks may nest.
uint8_t hal_lock(void);
void hal_unlock(uint8_t before);
// Lets waiting interrupts run inside a locked stretch.
void hal_let_interrupts_in(void);

// Free-running microseconds. Locked.
uint32_t hal_ticks(void);
// Calls outputs_on_time soon after `ticks`; only the latest wish counts, and it may also be called at any other time. Locked.
void hal_alarm_at(uint32_t ticks);

// Drives one output pin. Locked.
void hal_output(uint8_t output, uint8_t on);
void hal_belt(uint8_t on);
// Present levels, 1 = active; an E-stop whose wire is broken reads as pressed.
uint8_t hal_inputs(void);
// Whether the E-stop went active since last asked, however briefly.
uint8_t hal_e_stop_edge(void);

// Next received byte, or -1.
int16_t hal_receive(void);
// Bytes handed over and not yet on the wire.
uint8_t hal_unsent(void);
// Hands over one byte; room for a whole frame is there whenever hal_unsent() is small.
void hal_send(uint8_t byte);

// Called by the board. encoder_on_edge: an encoder channel changed, levels in bits 0 (A) and 1 (B). Locked.
void encoder_on_edge(uint8_t levels);
// The time asked for has come. Locked.
void outputs_on_time(void);
// Once after hal_init, then for ever; never waits.
void firmware_start(void);
void firmware_step(void);

#endif
