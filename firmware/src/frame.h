// Frames to bytes and back: header, CRC, COBS. Knows nothing of messages, sessions or order. firmware-protocol.md § 2.
#ifndef FRAME_H
#define FRAME_H

#include <stdint.h>

enum { FRAME_HEADER = 4, FRAME_CRC = 2, FRAME_LONGEST = 64, BLOCK_LONGEST = 65 };

#define CRC16_INITIAL 0xFFFF
uint16_t crc16(uint16_t crc, const uint8_t *bytes, uint8_t length);

// Decodes a block (without its delimiter) in place; returns the length, or 0xFF for no COBS.
uint8_t cobs_decode(uint8_t *block, uint8_t length);
// Encodes the `length` bytes, fewer than 254, that lie from wire[1] on, in place; returns the length with code and delimiter.
uint8_t cobs_encode(uint8_t *wire, uint8_t length);

typedef struct {
  uint8_t id, session, seq, ack;
  const uint8_t *payload; // inside the decoder's buffer: valid until the next byte
  uint8_t payload_length;
} frame_t;

typedef struct {
  uint8_t block[BLOCK_LONGEST];
  uint8_t length; // BLOCK_LONGEST + 1: too long, thrown away at its end
} frame_decoder_t;

typedef enum { FRAME_NOT_YET, FRAME_HERE, FRAME_DAMAGED } frame_arrival_t;

// Takes one byte. At FRAME_HERE `frame` is filled in; after damage it is in step again at the next zero.
frame_arrival_t frame_decode(frame_decoder_t *decoder, uint8_t byte, frame_t *frame);

// Block and delimiter into `wire`, room for 66 bytes; returns how many.
uint8_t frame_encode(const frame_t *frame, uint8_t *wire);

#endif
