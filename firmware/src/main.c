#include "hal.h"

int main(void) {
  hal_init();
  firmware_start();
  for (;;) firmware_step();
}
