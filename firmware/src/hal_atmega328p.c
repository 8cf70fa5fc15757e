// The hardware layer for an ATmega328P at 16 MHz (Arduino Uno and Nano pins in brackets):
//
//   PD0, PD1 [0, 1]   serial, 115200 baud           PD4 … PD7 [4 … 7]   outputs 0 … 3, high = on
//   PD2, PD3 [2, 3]   encoder A, B                  PB0 … PB3 [8 … 11]  outputs 4 … 7
//   PC0 [A0]          E-stop, contact to ground that opens when pressed: a broken wire is a pressed E-stop
//   PC1 [A1]          jam, contact to ground that closes when active
//   PC2 … PC5 [A2 …]  bin of output 0 … 3 is full, contact to ground that closes when full
//   PB4 [12]          belt relay, high = run
//
// During reset every pin floats: outputs and relay need pull-down resistors, so that "off" holds without firmware.
// Timer 1 counts half microseconds: ticks, and the moment an output goes off.
#include <avr/eeprom.h>
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/wdt.h>

#include "board.h"
#include "encoder.h"
#include "hal.h"
#include "messages.h"

#define BAUD_UBRR 16 // 115200 at double speed: 117647, 2.1 % fast, within what a UART takes
#define OVERFLOW_US 32768
#define ALARM_REACH_US 30000
#define BOOT_COUNTER ((uint32_t *)0)

enum { RX_BYTES = 128, TX_BYTES = 128 };

static volatile uint8_t rx[RX_BYTES], rx_in, rx_out, tx[TX_BYTES], tx_in, tx_out;
static volatile uint32_t passed_us; // up to the last overflow of timer 1, every OVERFLOW_US
static volatile uint8_t e_stop_edge;
static uint8_t reset_flags __attribute__((section(".noinit")));

static const uint8_t output_bit[BOARD_OUTPUTS] = {1 << PD4, 1 << PD5, 1 << PD6, 1 << PD7, 1 << PB0, 1 << PB1, 1 << PB2, 1 << PB3};

// Before anything else: after a watchdog reset the watchdog still runs, at its shortest.
void take_reset_flags(void) __attribute__((naked, used, section(".init3")));
void take_reset_flags(void) {
  reset_flags = MCUSR;
  MCUSR = 0;
  wdt_disable();
}

void hal_init(void) {
  DDRD |= 0xF0;
  DDRB |= 0x1F;
  PORTC = 0x3F; // pull-ups
  PORTD |= 1 << PD2 | 1 << PD3;

  TCCR1B = 1 << CS11; // 16 MHz / 8
  TIMSK1 = 1 << TOIE1;

  UCSR0A = 1 << U2X0;
  UBRR0 = BAUD_UBRR;
  UCSR0C = 1 << UCSZ01 | 1 << UCSZ00;
  UCSR0B = 1 << RXEN0 | 1 << TXEN0 | 1 << RXCIE0;

  PCMSK1 = 1 << PCINT8;
  PCICR = 1 << PCIE1;

  EICRA = 1 << ISC10 | 1 << ISC00; // both encoder channels, both edges
  encoder_start((PIND >> PD2) & 3);
  EIFR = 1 << INTF1 | 1 << INTF0;
  EIMSK = 1 << INT1 | 1 << INT0;

  wdt_enable(WDTO_60MS);
  sei();
}

uint8_t hal_reset_cause(void) {
  if (reset_flags & 1 << WDRF) return RESET_WATCHDOG;
  if (reset_flags & 1 << PORF) return RESET_POWER_ON;
  if (reset_flags & 1 << BORF) return RESET_BROWN_OUT;
  if (reset_flags & 1 << EXTRF) return RESET_EXTERNAL;
  return RESET_UNKNOWN;
}

// A counter in EEPROM; each boot writes the bytes that change. 100,000 boots are what a cell is good for.
uint32_t hal_next_boot_id(void) {
  uint32_t id = eeprom_read_dword(BOOT_COUNTER) + 1;
  eeprom_update_dword(BOOT_COUNTER, id);
  return id;
}

void hal_feed_watchdog(void) { wdt_reset(); }

uint8_t hal_lock(void) {
  uint8_t before = SREG;
  cli();
  return before;
}

void hal_unlock(uint8_t before) { SREG = before; }

void hal_let_interrupts_in(void) {
  sei();
  __asm__ volatile("nop\n\tnop"); // the instruction after sei still runs locked, in simavr the second as well
  cli();
}

uint32_t hal_ticks(void) {
  uint16_t half_us = TCNT1;
  uint32_t passed = passed_us;
  if ((TIFR1 & 1 << TOV1) && half_us < 0x8000) passed += OVERFLOW_US;
  return passed + (half_us >> 1);
}

void hal_alarm_at(uint32_t ticks) {
  int32_t ahead = (int32_t)(ticks - hal_ticks());
  // Further ahead than the timer reaches: its overflow comes first and asks again.
  if (ahead > ALARM_REACH_US) {
    TIMSK1 = 1 << TOIE1;
    return;
  }
  OCR1A = TCNT1 + (ahead < 4 ? 8 : (uint16_t)ahead << 1);
  TIFR1 = 1 << OCF1A;
  TIMSK1 = 1 << TOIE1 | 1 << OCIE1A;
}

ISR(TIMER1_COMPA_vect) {
  TIMSK1 = 1 << TOIE1;
  outputs_on_time();
}

ISR(TIMER1_OVF_vect) {
  passed_us += OVERFLOW_US;
  outputs_on_time();
}

void hal_output(uint8_t output, uint8_t on) {
  volatile uint8_t *port = output < 4 ? &PORTD : &PORTB;
  if (on) *port |= output_bit[output];
  else *port &= (uint8_t)~output_bit[output];
}

void hal_belt(uint8_t on) {
  if (on) PORTB |= 1 << PB4;
  else PORTB &= (uint8_t)~(1 << PB4);
}

// E-stop reads high when pressed, the others low when active.
uint8_t hal_inputs(void) { return (PINC ^ 0x3E) & 0x3F; }

ISR(PCINT1_vect) {
  if (PINC & 1 << PC0) e_stop_edge = 1;
}

uint8_t hal_e_stop_edge(void) {
  uint8_t before = hal_lock();
  uint8_t edge = e_stop_edge;
  e_stop_edge = 0;
  hal_unlock(before);
  return edge;
}

ISR(INT0_vect) { encoder_on_edge((PIND >> PD2) & 3); }

ISR(INT1_vect, ISR_ALIASOF(INT0_vect));

// A byte that finds no room is lost, and its block with it; the host repeats.
ISR(USART_RX_vect) {
  uint8_t byte = UDR0;
  uint8_t next = (rx_in + 1) % RX_BYTES;
  if (next == rx_out) return;
  rx[rx_in] = byte;
  rx_in = next;
}

int16_t hal_receive(void) {
  if (rx_in == rx_out) return -1;
  uint8_t byte = rx[rx_out];
  rx_out = (rx_out + 1) % RX_BYTES;
  return byte;
}

ISR(USART_UDRE_vect) {
  UDR0 = tx[tx_out];
  tx_out = (tx_out + 1) % TX_BYTES;
  if (tx_in == tx_out) UCSR0B &= (uint8_t)~(1 << UDRIE0);
}

uint8_t hal_unsent(void) { return (uint8_t)(tx_in - tx_out) % TX_BYTES; }

void hal_send(uint8_t byte) {
  tx[tx_in] = byte;
  tx_in = (tx_in + 1) % TX_BYTES;
  uint8_t before = hal_lock();
  UCSR0B |= 1 << UDRIE0;
  hal_unlock(before);
}
