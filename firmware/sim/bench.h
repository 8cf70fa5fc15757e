// A bench around one board, simulated or compiled for this machine: it turns the encoder, plays the cable and the sensors,
// and says when which pin moved, with the count as the bench turned it, not as the firmware believes.
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>

enum { PIN_RELAY = 8 }; // 0 … 7 are outputs

// The board, to be implemented by whatever runs the firmware.
void plant_open(const char *firmware);
// Runs the firmware until its time is `ns`; it may overshoot by an instruction.
void plant_run_until(uint64_t ns);
void plant_set_encoder(uint8_t levels);
// Bit 0 E-stop, 1 jam, 2 + n bin of output n is full; 1 = active.
void plant_set_inputs(uint8_t active);
void plant_receive(uint8_t byte);
void plant_reset(void);
// The main loop stops for good; returns 0 where that cannot be played.
int plant_hang(void);
// Bytes of memory the stack never reached; -1 where unknown.
int plant_free_stack(void);

// Called by the board.
void bench_on_byte(uint8_t byte);
void bench_on_pin(int pin, int level, uint64_t ns);

#endif
