// The portable firmware compiled for this machine, with a hardware layer that is a few variables: for vectors, sanitizers and
// long random sessions. One round of the main loop takes LOOP_NS; interrupts come between rounds.
#include <string.h>

#include "../sim/bench.h"
#include "../src/board.h"
#include "../src/encoder.h"
#include "../src/hal.h"
#include "../src/messages.h"

#define LOOP_NS 50000ULL
#define BYTE_NS 86806ULL

enum { TX_BYTES = 256, RX_BYTES = 128 };

static uint64_t now_ns, alarm_ns = UINT64_MAX, tx_ns;
static uint8_t levels, active_inputs, e_stop_edge;
static uint8_t tx[TX_BYTES], tx_in, tx_out, rx[RX_BYTES], rx_in, rx_out;
static uint8_t pins[9];
static uint8_t reset_cause = RESET_POWER_ON;
static uint32_t boots;

static void set_pin(int pin, uint8_t level) {
  if (pins[pin] == level) return;
  pins[pin] = level;
  bench_on_pin(pin, level, now_ns);
}

void hal_init(void) {
  tx_in = tx_out = rx_in = rx_out = 0;
  for (int pin = 0; pin < 9; pin++) set_pin(pin, 0);
  encoder_start(levels);
}

uint8_t hal_reset_cause(void) { return reset_cause; }
uint32_t hal_next_boot_id(void) { return ++boots; }
void hal_feed_watchdog(void) {}
uint8_t hal_lock(void) { return 0; }
void hal_unlock(uint8_t before) { (void)before; }
void hal_let_interrupts_in(void) {}
uint32_t hal_ticks(void) { return (uint32_t)(now_ns / 1000); }
void hal_alarm_at(uint32_t ticks) { alarm_ns = now_ns + (uint64_t)(uint32_t)(ticks - hal_ticks()) * 1000; }
void hal_output(uint8_t output, uint8_t on) { set_pin(output, on); }
void hal_belt(uint8_t on) { set_pin(PIN_RELAY, on); }
uint8_t hal_inputs(void) { return active_inputs; }

uint8_t hal_e_stop_edge(void) {
  uint8_t edge = e_stop_edge;
  e_stop_edge = 0;
  return edge;
}

int16_t hal_receive(void) { return rx_in == rx_out ? -1 : rx[rx_out++ % RX_BYTES]; }
uint8_t hal_unsent(void) { return (uint8_t)(tx_in - tx_out); }
void hal_send(uint8_t byte) {
  if (tx_in == tx_out && tx_ns < now_ns + BYTE_NS) tx_ns = now_ns + BYTE_NS;
  tx[tx_in++] = byte;
}

void plant_open(const char *nothing) {
  (void)nothing;
  hal_init();
  firmware_start();
}

void plant_run_until(uint64_t ns) {
  while (now_ns < ns) {
    uint64_t next = now_ns + LOOP_NS < ns ? now_ns + LOOP_NS : ns;
    if (alarm_ns < next) next = alarm_ns > now_ns ? alarm_ns : now_ns;
    now_ns = next;
    if (alarm_ns <= now_ns) {
      alarm_ns = UINT64_MAX;
      outputs_on_time();
    }
    while (tx_in != tx_out && tx_ns <= now_ns) {
      bench_on_byte(tx[tx_out++]);
      tx_ns += BYTE_NS;
    }
    firmware_step();
  }
}

void plant_set_encoder(uint8_t now_levels) {
  levels = now_levels;
  encoder_on_edge(levels);
}

void plant_set_inputs(uint8_t active) {
  if ((active & HAL_E_STOP) && !(active_inputs & HAL_E_STOP)) e_stop_edge = 1;
  active_inputs = active;
}

void plant_receive(uint8_t byte) {
  if ((uint8_t)(rx_in - rx_out) < RX_BYTES) rx[rx_in++ % RX_BYTES] = byte;
}

void plant_reset(void) {
  reset_cause = RESET_EXTERNAL;
  hal_init();
  firmware_start();
}

int plant_hang(void) { return 0; }
int plant_free_stack(void) { return -1; }
