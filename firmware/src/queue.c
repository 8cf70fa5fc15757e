// Waiting slots form a list by count, nearest first. Only the interrupt takes from its front; only the main loop changes it
// elsewhere, locked, and looks for the place with interrupts on, since 32 comparisons last longer than an encoder edge.
#include "queue.h"

#include "board.h"
#include "bytes.h"
#include "encoder.h"
#include "hal.h"
#include "outputs.h"

typedef struct {
  uint32_t count; // target while waiting, then where it was settled
  uint32_t hold_us;
  uint16_t command_id;
  uint8_t output;
  uint8_t next;
  volatile uint8_t state;
} slot_t;

static slot_t slots[BOARD_QUEUE];
static volatile uint8_t head = QUEUE_NO_SLOT;
static volatile uint8_t is_firing;
static volatile uint16_t max_late;
static uint8_t free_count = BOARD_QUEUE;

// Slots the interrupt settled; the indices run on, and it cannot overflow: a slot is in it at most once.
static uint8_t settled[BOARD_QUEUE];
static volatile uint8_t settled_in;
static uint8_t settled_out;

void queue_clear(void) {
  uint8_t before = hal_lock();
  head = QUEUE_NO_SLOT;
  settled_in = settled_out = 0;
  for (uint8_t slot = 0; slot < BOARD_QUEUE; slot++) slots[slot].state = SLOT_FREE;
  hal_unlock(before);
  free_count = BOARD_QUEUE;
}

uint8_t queue_free_count(void) { return free_count; }

uint8_t queue_has(uint16_t command_id) {
  for (uint8_t slot = 0; slot < BOARD_QUEUE; slot++) {
    if (slots[slot].state != SLOT_FREE && slots[slot].command_id == command_id) return 1;
  }
  return 0;
}

static uint8_t settle_front(uint32_t count, uint8_t state) {
  uint8_t slot = head;
  head = slots[slot].next;
  slots[slot].count = count;
  slots[slot].state = state;
  return slot;
}

// Pins first, for everything that is due: what is to be remembered about each takes longer than an edge at full speed.
static uint8_t switch_due(uint32_t count) {
  uint8_t slot = head;
  while (slot != QUEUE_NO_SLOT) {
    int32_t past = difference(count, slots[slot].count);
    if (past < 0) break;
    if (past <= (int32_t)max_late) outputs_switch(slots[slot].output);
    slot = slots[slot].next;
    hal_let_interrupts_in();
  }
  return slot;
}

static void settle_until(uint8_t end, uint32_t count) {
  uint32_t ticks = hal_ticks();
  while (head != end) {
    uint8_t is_late = difference(count, slots[head].count) > (int32_t)max_late;
    if (!is_late) outputs_hold(slots[head].output, slots[head].hold_us, ticks);
    settled[settled_in % BOARD_QUEUE] = settle_front(count, is_late ? SLOT_MISSED_LATE : SLOT_FIRED);
    settled_in++;
    hal_let_interrupts_in();
  }
}

void queue_on_count(uint32_t count) {
  // An edge that interrupts the loop below has counted; the loop sees it.
  if (is_firing) return;
  while (head != QUEUE_NO_SLOT && difference(count, slots[head].count) >= 0) {
    is_firing = 1;
    settle_until(switch_due(count), count);
    count = encoder_count();
  }
  is_firing = 0;
}

// False when the interrupt took what the place was found by.
static uint8_t link_between(uint8_t slot, uint8_t previous, uint8_t following) {
  uint8_t before = hal_lock();
  uint8_t holds = previous == QUEUE_NO_SLOT ? head == following : slots[previous].state == SLOT_WAITING;
  if (holds) {
    slots[slot].next = following;
    slots[slot].state = SLOT_WAITING;
    if (previous == QUEUE_NO_SLOT) head = slot;
    else slots[previous].next = slot;
    queue_on_count(encoder_count());
  }
  hal_unlock(before);
  return holds;
}

void queue_add(uint16_t command_id, uint8_t output, uint32_t fire_at, uint32_t hold_us) {
  uint8_t slot = 0;
  while (slots[slot].state != SLOT_FREE) slot++;
  free_count--;
  slots[slot].command_id = command_id;
  slots[slot].output = output;
  slots[slot].count = fire_at;
  slots[slot].hold_us = hold_us;
  uint8_t previous, at;
  do {
    previous = QUEUE_NO_SLOT;
    at = head;
    // A slot that is taken while it is looked at keeps its link; that it was taken shows at the end.
    while (at != QUEUE_NO_SLOT && slots[at].state == SLOT_WAITING && difference(slots[at].count, fire_at) <= 0) {
      previous = at;
      at = slots[at].next;
    }
  } while (!link_between(slot, previous, at));
}

uint8_t queue_withdraw(uint16_t command_id, slot_state_t as) {
  uint8_t before = hal_lock();
  uint8_t previous = QUEUE_NO_SLOT, slot = head;
  while (slot != QUEUE_NO_SLOT && slots[slot].command_id != command_id) {
    previous = slot;
    slot = slots[slot].next;
  }
  if (slot != QUEUE_NO_SLOT) {
    if (previous == QUEUE_NO_SLOT) head = slots[slot].next;
    else slots[previous].next = slots[slot].next;
    slots[slot].count = encoder_count();
    slots[slot].state = as;
  }
  hal_unlock(before);
  return slot;
}

uint8_t queue_withdraw_next(slot_state_t as) {
  uint8_t before = hal_lock();
  uint8_t slot = head == QUEUE_NO_SLOT ? QUEUE_NO_SLOT : settle_front(encoder_count(), as);
  hal_unlock(before);
  return slot;
}

uint8_t queue_waiting_count(void) {
  uint8_t waiting = 0;
  for (uint8_t slot = 0; slot < BOARD_QUEUE; slot++) waiting += slots[slot].state == SLOT_WAITING;
  return waiting;
}

uint8_t queue_next_settled(void) {
  if (settled_out == settled_in) return QUEUE_NO_SLOT;
  return settled[settled_out++ % BOARD_QUEUE];
}

void queue_report(uint8_t slot, queue_report_t *report) {
  report->state = (slot_state_t)slots[slot].state;
  report->command_id = slots[slot].command_id;
  report->at_count = slots[slot].count;
}

void queue_release(uint8_t slot) {
  slots[slot].state = SLOT_FREE;
  free_count++;
}

void queue_set_max_late(uint16_t counts) {
  uint8_t before = hal_lock();
  max_late = counts;
  hal_unlock(before);
}
