// The contract a host sends in every session before it may arm: firmware-protocol.md § 4.3.
#ifndef CONFIG_H
#define CONFIG_H

#include <stdint.h>

void config_forget(void);
uint8_t config_is_committed(void);
// 0 until committed.
uint16_t config_crc(void);
uint16_t config_heartbeat_timeout_ms(void);
uint8_t config_belt_period_ms(void);

// Each takes the payload of its message, of the right length, and returns a result code.
uint8_t config_begin(const uint8_t *payload);
uint8_t config_output(const uint8_t *payload);
// `own_crc` is what the board computed either way.
uint8_t config_commit(const uint8_t *payload, uint16_t *own_crc);

#endif
