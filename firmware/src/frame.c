// Frames to bytes and back. Frames never reach 254 bytes, so COBS costs one byte and its code 0xFF is damage.
#include "frame.h"

// CRC-16/CCITT-FALSE a byte at a time without a table: the shifts are those of the polynomial 0x1021.
uint16_t crc16(uint16_t crc, const uint8_t *bytes, uint8_t length) {
  while (length-- > 0) {
    uint8_t x = (uint8_t)((crc >> 8) ^ *bytes++);
    x ^= x >> 4;
    crc = (uint16_t)((crc << 8) ^ ((uint16_t)x << 12) ^ ((uint16_t)x << 5) ^ x);
  }
  return crc;
}

// What is decoded never overtakes what is still to be read.
uint8_t cobs_decode(uint8_t *block, uint8_t length) {
  uint8_t read = 0, written = 0;
  while (read < length) {
    uint8_t code = block[read++];
    if (code == 0xFF || code - 1 > length - read) return 0xFF;
    for (uint8_t left = code - 1; left > 0; left--) block[written++] = block[read++];
    if (read < length) block[written++] = 0;
  }
  return written;
}

static frame_arrival_t end_block(frame_decoder_t *decoder, frame_t *frame) {
  uint8_t length = decoder->length;
  uint8_t *plain = decoder->block;
  decoder->length = 0;
  if (length == 0) return FRAME_NOT_YET;
  if (length > BLOCK_LONGEST) return FRAME_DAMAGED;
  length = cobs_decode(plain, length);
  if (length == 0xFF || length < FRAME_HEADER + FRAME_CRC) return FRAME_DAMAGED;
  uint8_t crc_at = length - FRAME_CRC;
  uint16_t crc = crc16(CRC16_INITIAL, plain, crc_at);
  if (plain[crc_at] != (uint8_t)crc || plain[crc_at + 1] != (uint8_t)(crc >> 8)) return FRAME_DAMAGED;
  frame->id = plain[0];
  frame->session = plain[1];
  frame->seq = plain[2];
  frame->ack = plain[3];
  frame->payload = plain + FRAME_HEADER;
  frame->payload_length = crc_at - FRAME_HEADER;
  return FRAME_HERE;
}

frame_arrival_t frame_decode(frame_decoder_t *decoder, uint8_t byte, frame_t *frame) {
  if (byte == 0) return end_block(decoder, frame);
  if (decoder->length < BLOCK_LONGEST) decoder->block[decoder->length] = byte;
  if (decoder->length <= BLOCK_LONGEST) decoder->length++;
  return FRAME_NOT_YET;
}

// Each zero, and the place before the frame, becomes the distance to the next zero.
uint8_t cobs_encode(uint8_t *wire, uint8_t length) {
  uint8_t code_at = 0;
  for (uint8_t at = 1; at <= length; at++) {
    if (wire[at] != 0) continue;
    wire[code_at] = at - code_at;
    code_at = at;
  }
  wire[code_at] = (uint8_t)(length + 1 - code_at);
  wire[length + 1] = 0;
  return length + 2;
}

uint8_t frame_encode(const frame_t *frame, uint8_t *wire) {
  uint8_t *plain = wire + 1;
  uint8_t length = FRAME_HEADER + frame->payload_length;
  plain[0] = frame->id;
  plain[1] = frame->session;
  plain[2] = frame->seq;
  plain[3] = frame->ack;
  for (uint8_t index = 0; index < frame->payload_length; index++) plain[FRAME_HEADER + index] = frame->payload[index];
  uint16_t crc = crc16(CRC16_INITIAL, plain, length);
  plain[length++] = (uint8_t)crc;
  plain[length++] = (uint8_t)(crc >> 8);
  return cobs_encode(wire, length);
}
