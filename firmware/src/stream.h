// One session's reliable frames: what came, what is still to be said, what is on the wire. firmware-protocol.md § 4.4. What
// messages mean is firmware.c's business; reports take their content from where it lies when they are first sent.
#ifndef STREAM_H
#define STREAM_H

#include <stdint.h>

#include "frame.h"

typedef enum { OWED_NOTHING, OWED_ACK, OWED_NAK } owed_t;

// Starts a session, or with 0 ends the one that is: both streams begin at 0, what was not acknowledged is gone.
void stream_begin(uint8_t session);
uint8_t stream_session(void);

// A reliable frame of the session came; requests that are due are handed to firmware_request, once and in order.
void stream_take_request(const frame_t *frame);
void stream_take_ack(uint8_t ack);
void stream_take_nak(uint8_t ack, uint8_t kept, uint32_t ticks);
// A block was thrown away.
void stream_take_damage(uint32_t ticks);

// Queues behind all that was queued before. Never fails: there is room for one window of results, one report per slot, one state.
void stream_queue_result(uint8_t request_seq, uint8_t code, uint16_t detail);
void stream_queue_report(uint8_t slot);
// The present state; takes the place of one not sent yet.
void stream_queue_state(void);

// Sends at most one frame of the stream, a repetition or a new one; false when there is nothing to send now.
uint8_t stream_send_next(uint32_t ticks);
// What a frame without content should say, if one is due; `kept` for a nak.
owed_t stream_owed(uint8_t *kept);
// Onto the wire, with the header filled in. Every frame acknowledges, but for a hello.
void stream_send(uint8_t id, uint8_t session, uint8_t seq, const uint8_t *payload, uint8_t length);

// Answered by firmware.c.
void firmware_request(uint8_t id, const uint8_t *payload, uint8_t length, uint8_t seq);
void firmware_fill_state(uint8_t *payload);

#endif
