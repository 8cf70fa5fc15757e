// The belt: counts from the quadrature encoder, speed, and whether what it says can be true. firmware-protocol.md § 4.6, § 5.
#ifndef ENCODER_H
#define ENCODER_H

#include <stdint.h>

typedef struct {
  uint32_t ticks, count;
  int32_t counts_per_second;
} belt_reading_t;

// Takes the channels' present levels as where the belt stands.
void encoder_start(uint8_t levels);
// Locked.
uint32_t encoder_count(void);
// Tick and count read together.
void encoder_read(belt_reading_t *reading);
// Call often. Returns the fault it found, or FAULT_NONE.
uint8_t encoder_watch(void);
// The highest count so far is the present one, and no trouble has been seen.
void encoder_forget_trouble(void);

#endif
