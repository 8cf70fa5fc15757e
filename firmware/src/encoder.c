// Counts every edge in the interrupt; everything that takes time is done by encoder_watch outside of it.
#include "encoder.h"

#include "board.h"
#include "bytes.h"
#include "hal.h"
#include "messages.h"
#include "queue.h"

enum { REVERSAL_COUNTS = 250, WATCH_US = 10000, SNAPSHOT_US = 20000, SNAPSHOTS = 3, ILLEGAL_WINDOW_EDGES = 200 };
// One edge on either side of the window, and a resonator that runs half a percent slow.
enum { PLAUSIBLE_SLACK = 3 };

#define ILLEGAL 2
// By (levels before << 2 | levels now), B in bit 1, A in bit 0; A leads B in the direction of travel: 00 01 11 10.
static const int8_t step_by_levels[16] = {
  0, 1, -1, ILLEGAL,
  -1, 0, ILLEGAL, 1,
  1, ILLEGAL, 0, -1,
  ILLEGAL, -1, 1, 0,
};

static volatile uint32_t count;
static volatile uint16_t behind;  // counts back from the highest
static volatile uint16_t illegal; // both channels changed at once
static uint8_t last_levels;

// The last SNAPSHOTS readings, SNAPSHOT_US apart: speed is measured against the oldest.
static struct { uint32_t ticks, count; } snapshots[SNAPSHOTS];
static uint8_t newest;
static uint32_t watched_ticks, watched_count;
static uint32_t illegal_since_count;

void encoder_start(uint8_t levels) {
  last_levels = levels;
  uint8_t before = hal_lock();
  watched_ticks = hal_ticks();
  hal_unlock(before);
  for (uint8_t index = 0; index < SNAPSHOTS; index++) snapshots[index].ticks = watched_ticks;
}

void encoder_on_edge(uint8_t levels) {
  int8_t step = step_by_levels[(uint8_t)(last_levels << 2) | levels];
  last_levels = levels;
  if (step == 1) {
    count++;
    if (behind > 0) behind--;
    queue_on_count(count);
  } else if (step == -1) {
    count--;
    if (behind < UINT16_MAX) behind++;
  } else if (step == ILLEGAL) {
    illegal++;
  }
}

uint32_t encoder_count(void) { return count; }

void encoder_read(belt_reading_t *reading) {
  uint8_t before = hal_lock();
  reading->ticks = hal_ticks();
  reading->count = count;
  hal_unlock(before);
  uint8_t oldest = newest + 1 == SNAPSHOTS ? 0 : newest + 1;
  // Beyond what the board can follow the number only has to be large; it must not overflow.
  int32_t counts = difference(reading->count, snapshots[oldest].count);
  if (counts > 2000) counts = 2000;
  if (counts < -2000) counts = -2000;
  int32_t us = difference(reading->ticks, snapshots[oldest].ticks);
  reading->counts_per_second = us <= 0 ? 0 : (counts * 1000000L) / us;
}

static void take_snapshot(uint32_t ticks, uint32_t now_count) {
  if (ticks - snapshots[newest].ticks < SNAPSHOT_US) return;
  newest = newest + 1 == SNAPSHOTS ? 0 : newest + 1;
  snapshots[newest].ticks = ticks;
  snapshots[newest].count = now_count;
}

static uint8_t is_too_fast(uint32_t ticks, uint32_t now_count) {
  int32_t moved = difference(now_count, watched_count);
  uint32_t counts = (uint32_t)(moved < 0 ? -moved : moved);
  uint32_t possible = (ticks - watched_ticks) / (1000000UL / BOARD_MAX_COUNTS_PER_SECOND) + PLAUSIBLE_SLACK;
  watched_ticks = ticks;
  watched_count = now_count;
  return counts > possible;
}

// Over windows of some counts of travel, so that a single glitch at rest is no rate.
static uint8_t is_illegal_often(uint32_t now_count, uint16_t now_illegal) {
  int32_t moved = difference(now_count, illegal_since_count);
  uint32_t edges = (uint32_t)(moved < 0 ? -moved : moved) + now_illegal;
  if (edges < ILLEGAL_WINDOW_EDGES) return 0;
  uint8_t before = hal_lock();
  illegal = 0;
  hal_unlock(before);
  illegal_since_count = now_count;
  return now_illegal * 100UL > edges;
}

uint8_t encoder_watch(void) {
  uint8_t before = hal_lock();
  uint32_t ticks = hal_ticks(), now_count = count;
  uint16_t now_behind = behind, now_illegal = illegal;
  hal_unlock(before);
  if (ticks - watched_ticks < WATCH_US) return FAULT_NONE;
  take_snapshot(ticks, now_count);
  uint8_t implausible = is_too_fast(ticks, now_count) | is_illegal_often(now_count, now_illegal);
  if (now_behind > REVERSAL_COUNTS) return FAULT_ENCODER_REVERSED;
  return implausible ? FAULT_ENCODER_IMPLAUSIBLE : FAULT_NONE;
}

void encoder_forget_trouble(void) {
  uint8_t before = hal_lock();
  behind = 0;
  illegal = 0;
  illegal_since_count = count;
  hal_unlock(before);
}
