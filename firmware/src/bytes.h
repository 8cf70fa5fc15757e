// Little-endian numbers in payloads, and the modular comparison of counts and ticks: firmware-protocol.md § 2.
#ifndef BYTES_H
#define BYTES_H

#include <stdint.h>

static inline uint16_t get_u16(const uint8_t *at) { return (uint16_t)(at[0] | (uint16_t)(at[1] << 8)); }

static inline uint32_t get_u32(const uint8_t *at) { return get_u16(at) | ((uint32_t)get_u16(at + 2) << 16); }

static inline uint8_t *put_u8(uint8_t *at, uint8_t value) {
  *at = value;
  return at + 1;
}

static inline uint8_t *put_u16(uint8_t *at, uint16_t value) { return put_u8(put_u8(at, (uint8_t)value), (uint8_t)(value >> 8)); }

static inline uint8_t *put_u32(uint8_t *at, uint32_t value) { return put_u16(put_u16(at, (uint16_t)value), (uint16_t)(value >> 16)); }

// Above 0: `a` lies ahead of `b`.
static inline int32_t difference(uint32_t a, uint32_t b) { return (int32_t)(a - b); }

#endif
