// Names for the plain numbers that cross rooms. Three clocks, three words: …Ns is the host's monotonic clock,
// …Ticks the microcontroller's microsecond counter, …Counts the belt encoder. Wall time appears only at the
// MQTT and ledger edges, as …Iso.

/** Host monotonic time in nanoseconds (`process.hrtime`), as a double: exact to 2 ns for 200 days of uptime. */
export type MonotonicNs = number;
/** Belt encoder count, unwrapped to 53 bits; grows in the direction of travel. May be fractional where interpolated. */
export type EncoderCounts = number;
/** Microcontroller microsecond counter, unwrapped. */
export type McuTicks = number;
export type Millimetres = number;
export type Milliseconds = number;
/** 0 … 1 */
export type Ratio = number;

export const NS_PER_MS = 1e6;
export const NS_PER_S = 1e9;
