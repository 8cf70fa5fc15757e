// What this make of board says of itself in its hello, and how much of everything it holds. A board with other pins or
// more memory changes this file and its hal_*.c, nothing else.
#ifndef BOARD_H
#define BOARD_H

#define BOARD_FIRMWARE "sortline-avr 1.0" // ascii16, filled up with zeros
#define BOARD_MIN_VERSION 1
#define BOARD_MAX_VERSION 1

#define BOARD_OUTPUTS 8  // 1 … 8: one bit each in a byte
#define BOARD_QUEUE 32   // commands; a power of two
#define BOARD_WINDOW 8   // frames in flight per direction

#define BOARD_COUNTS_PER_METRE 5000UL
#define BOARD_MAX_COUNTS_PER_SECOND 20000UL
// Quadrature encoder, belt relay, bin-full sensors, jam sensor, E-stop input: firmware-protocol.md § 3.
#define BOARD_CAPABILITIES 0x001F

#endif
