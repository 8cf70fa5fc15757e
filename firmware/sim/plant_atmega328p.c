// The board as simavr runs it: the compiled ELF on a simulated ATmega328P at 16 MHz, pins as in src/hal_atmega328p.c.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <simavr/avr_ioport.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>

#include "bench.h"

enum { RAM_START = 0x100, UNINITIALISED = 16, PAINT = 0xA5, CYCLES_PER_US = 16, E_STOP_PIN = 0, INPUT_PINS = 6, A_PIN = 2 };

static avr_t *avr;
static elf_firmware_t firmware;
static avr_irq_t *encoder_irqs[2], *input_irqs[INPUT_PINS], *receive_irq;

static uint64_t plant_ns(void) { return avr->cycle * 1000 / CYCLES_PER_US; }

static void on_pin(avr_irq_t *irq, uint32_t level, void *pin) {
  (void)irq;
  bench_on_pin((int)(intptr_t)pin, (int)level, plant_ns());
}

static void on_byte(avr_irq_t *irq, uint32_t byte, void *nothing) {
  (void)irq;
  (void)nothing;
  bench_on_byte((uint8_t)byte);
}

// What matters shows on pins and cable.
static void be_quiet(avr_t *from, const int level, const char *format, va_list arguments) {
  (void)from;
  (void)level;
  (void)format;
  (void)arguments;
}

static avr_irq_t *pin_irq(char port, int pin) { return avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(port), pin); }

// First byte above the variables; what is not initialised at reset lies above the rest and is not in the ELF's sizes.
static int stack_bottom(void) { return RAM_START + (int)firmware.datasize + (int)firmware.bsssize + UNINITIALISED; }

void plant_open(const char *file) {
  avr_global_logger_set(be_quiet);
  if (elf_read_firmware(file, &firmware) != 0) {
    fprintf(stderr, "%s is no AVR firmware\n", file);
    exit(1);
  }
  avr = avr_make_mcu_by_name("atmega328p");
  avr_init(avr);
  firmware.frequency = CYCLES_PER_US * 1000000;
  avr_load_firmware(avr, &firmware);
  // Where nothing was ever written the paint will still be there.
  memset(avr->data + stack_bottom(), PAINT, (size_t)(avr->ramend + 1 - stack_bottom()));
  uint32_t flags = 0;
  avr_ioctl(avr, AVR_IOCTL_UART_GET_FLAGS('0'), &flags);
  flags &= ~(uint32_t)(AVR_UART_FLAG_STDIO | AVR_UART_FLAG_POLL_SLEEP);
  avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
  receive_irq = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
  avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), on_byte, NULL);
  for (int pin = 0; pin < 2; pin++) encoder_irqs[pin] = pin_irq('D', A_PIN + pin);
  for (int pin = 0; pin < INPUT_PINS; pin++) input_irqs[pin] = pin_irq('C', pin);
  for (int pin = 0; pin < 4; pin++) avr_irq_register_notify(pin_irq('D', 4 + pin), on_pin, (void *)(intptr_t)pin);
  for (int pin = 0; pin < 4; pin++) avr_irq_register_notify(pin_irq('B', pin), on_pin, (void *)(intptr_t)(4 + pin));
  avr_irq_register_notify(pin_irq('B', 4), on_pin, (void *)(intptr_t)PIN_RELAY);
}

void plant_run_until(uint64_t ns) {
  avr_cycle_count_t end = ns * CYCLES_PER_US / 1000;
  while (avr->cycle < end) {
    int state = avr_run(avr);
    if (state == cpu_Done || state == cpu_Crashed) {
      printf("failed the processor stopped, state %d at 0x%x\n", state, avr->pc);
      fflush(stdout);
      exit(1);
    }
  }
}

// Told as the port's outer level as well: simavr puts that on its input pins whenever the firmware writes to the port, and
// without it the pull-ups would win.
static void set_pins(char port, int first, int pins, uint8_t levels, avr_irq_t **irqs) {
  avr_ioport_external_t outer = {.name = (unsigned long)port, .mask = ((1UL << pins) - 1) << first, .value = (unsigned long)levels << first};
  avr_ioctl(avr, AVR_IOCTL_IOPORT_SET_EXTERNAL(port), &outer);
  for (int pin = 0; pin < pins; pin++) avr_raise_irq(irqs[pin], levels >> pin & 1);
}

void plant_set_encoder(uint8_t levels) { set_pins('D', A_PIN, 2, levels, encoder_irqs); }

void plant_set_inputs(uint8_t active) {
  set_pins('C', 0, INPUT_PINS, (uint8_t)((active ^ ~(1 << E_STOP_PIN)) & ((1 << INPUT_PINS) - 1)), input_irqs);
}

void plant_receive(uint8_t byte) { avr_raise_irq(receive_irq, byte); }

void plant_reset(void) { avr_reset(avr); }

// Jumps to an instruction that jumps to itself, as a main loop that hangs with interrupts on would.
int plant_hang(void) {
  for (uint32_t at = 0; at < firmware.flashsize; at += 2) {
    if (avr->flash[at] != 0xFF || avr->flash[at + 1] != 0xCF) continue;
    avr->pc = at;
    return 1;
  }
  return 0;
}

int plant_free_stack(void) {
  int at = stack_bottom();
  while (at <= avr->ramend && avr->data[at] == PAINT) at++;
  return at - stack_bottom();
}
