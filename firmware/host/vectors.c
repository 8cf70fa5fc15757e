// The frame layer compiled for this machine, asked on standard input, for test/vectors/protocol-v1.json:
//
//   crc HEX            29B1
//   cobs-encode HEX    block without its delimiter
//   cobs-decode HEX    plain bytes, or -
//   decode WIRE        id session seq ack payload, or damaged, or nothing (no frame ended)
//   encode ID SESSION SEQ ACK HEX     wire
#include <stdio.h>
#include <string.h>

#include "../src/frame.h"

enum { LINE_BYTES = 4096, LONGEST_PLAIN = 200 };

static uint8_t bytes[LINE_BYTES];

static int read_hex(const char *hex) {
  int length = 0;
  for (; sscanf(hex, "%2hhx", &bytes[length]) == 1; hex += 2) length++;
  return length;
}

static void print_hex(const uint8_t *at, int length) {
  for (int index = 0; index < length; index++) printf("%02X", at[index]);
  printf("\n");
}

static void decode(int length) {
  static frame_decoder_t decoder;
  frame_t frame;
  for (int index = 0; index < length; index++) {
    frame_arrival_t arrival = frame_decode(&decoder, bytes[index], &frame);
    if (arrival == FRAME_NOT_YET) continue;
    if (arrival == FRAME_DAMAGED) {
      printf("damaged\n");
    } else {
      printf("%02X %02X %02X %02X ", frame.id, frame.session, frame.seq, frame.ack);
      print_hex(frame.payload, frame.payload_length);
    }
    return;
  }
  printf("nothing\n");
}

int main(void) {
  static char line[LINE_BYTES];
  uint8_t wire[LONGEST_PLAIN + 2];
  while (fgets(line, sizeof line, stdin) != NULL) {
    frame_t frame = {0};
    int at = 0;
    const char *rest = strchr(line, ' ');
    int length = read_hex(rest == NULL ? "" : rest + 1);
    if (strncmp(line, "crc", 3) == 0) {
      printf("%04X\n", crc16(CRC16_INITIAL, bytes, (uint8_t)length));
    } else if (strncmp(line, "cobs-encode", 11) == 0 && length <= LONGEST_PLAIN) {
      memcpy(wire + 1, bytes, (size_t)length);
      print_hex(wire, cobs_encode(wire, (uint8_t)length) - 1);
    } else if (strncmp(line, "cobs-decode", 11) == 0 && length <= LONGEST_PLAIN) {
      uint8_t plain = cobs_decode(bytes, (uint8_t)length);
      if (plain == 0xFF) printf("-\n");
      else print_hex(bytes, plain);
    } else if (strncmp(line, "decode", 6) == 0) {
      decode(length);
    } else if (sscanf(line, "encode %hhx %hhx %hhx %hhx %n", &frame.id, &frame.session, &frame.seq, &frame.ack, &at) == 4) {
      frame.payload_length = (uint8_t)read_hex(line + at);
      frame.payload = bytes;
      print_hex(wire, frame_encode(&frame, wire));
    } else {
      printf("not understood\n");
    }
  }
  return 0;
}
