// The board's state machine: safe or armed, why, what the inputs say. "Only board.arm leaves safe" is one line in machine_arm.
// firmware-protocol.md § 5.
#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>

// Power came: safe, outputs off.
void machine_boot(uint8_t inputs);
uint8_t machine_is_armed(void);
// Queue, outputs and configuration start empty; a board that was armed is safe.
void machine_session_begins(void);
// A result code.
uint8_t machine_arm(void);
// Runs the belt and tells the state; after the result of machine_arm was queued.
void machine_armed(void);
void machine_safe_requested(void);
void machine_heartbeat_lost(void);
void machine_fault(uint8_t fault);
// Debounced levels, bits as in hal_inputs().
void machine_inputs(uint8_t inputs);
// Takes back every waiting command, reported as `as` (a slot_state_t); how many.
void machine_flush(uint8_t as);
// Hands settled commands to the stream.
void machine_collect_settled(void);
void machine_fill_state(uint8_t *payload);

#endif
