// The fire queue: each command at its own count. The encoder's interrupt fires the nearest; the main loop adds, withdraws
// and reports. A command keeps its slot until its report is acknowledged. firmware-protocol.md § 4.7.
#ifndef QUEUE_H
#define QUEUE_H

#include <stdint.h>

#define QUEUE_NO_SLOT 0xFF

typedef enum { SLOT_FREE, SLOT_WAITING, SLOT_FIRED, SLOT_MISSED_LATE, SLOT_MISSED_CANCELLED, SLOT_MISSED_INHIBITED } slot_state_t;

// What a settled slot has to report.
typedef struct {
  slot_state_t state;
  uint16_t command_id;
  uint32_t at_count;
} queue_report_t;

void queue_clear(void);
uint8_t queue_free_count(void);
uint8_t queue_has(uint16_t command_id);
// Needs a free slot. A target that was reached meanwhile fires at once.
void queue_add(uint16_t command_id, uint8_t output, uint32_t fire_at, uint32_t hold_us);
// Takes a waiting command out; its slot, or QUEUE_NO_SLOT.
uint8_t queue_withdraw(uint16_t command_id, slot_state_t as);
// Takes the nearest waiting command out.
uint8_t queue_withdraw_next(slot_state_t as);
uint8_t queue_waiting_count(void);
// Next slot that fired or came too late, in that order; QUEUE_NO_SLOT when there is none.
uint8_t queue_next_settled(void);
void queue_report(uint8_t slot, queue_report_t *report);
// The report was acknowledged.
void queue_release(uint8_t slot);
// How far past its count a command may still fire.
void queue_set_max_late(uint16_t counts);
// The encoder reached `count`. Locked; lets other interrupts in between two commands.
void queue_on_count(uint32_t count);

#endif
