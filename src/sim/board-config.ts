// The contract a host sends in every session before it may arm, collected and checked as firmware-protocol.md § 4.3 says.
import { CRC16_INITIAL, crc16 } from '../link/crc16.ts';
import { encodePayload } from '../link/message-codec.ts';
import type { MessageOf } from '../link/messages.ts';
import type { OutputSettings } from './board-outputs.ts';

/** Until a session has configured one. */
export const DEFAULT_HEARTBEAT_TIMEOUT_MS = 500;
export const DEFAULT_BELT_PERIOD_MS = 100;

export class BoardConfig {
  #begin: MessageOf<'config.begin'> | undefined;
  #crc = CRC16_INITIAL;
  #committed = false;
  readonly settingsByOutput = new Map<number, OutputSettings>();

  get isCommitted(): boolean {
    return this.#committed;
  }

  /** 0 until committed. */
  get crc(): number {
    return this.#committed ? this.#crc : 0;
  }

  get heartbeatTimeoutMs(): number {
    return this.#committed ? this.#begin!.heartbeatTimeoutMs : DEFAULT_HEARTBEAT_TIMEOUT_MS;
  }

  get beltPeriodMs(): number {
    return this.#committed ? this.#begin!.beltPeriodMs : DEFAULT_BELT_PERIOD_MS;
  }

  get maxLateCounts(): number {
    return this.#begin?.maxLateCounts ?? 0;
  }

  clear(): void {
    this.#begin = undefined;
    this.#committed = false;
    this.settingsByOutput.clear();
  }

  begin(message: MessageOf<'config.begin'>): void {
    this.clear();
    this.#begin = message;
    this.#crc = crc16(encodePayload(message));
  }

  /** False outside of begin … commit, or out of ascending order. */
  addOutput(message: MessageOf<'config.output'>): boolean {
    const last = Math.max(-1, ...this.settingsByOutput.keys());
    if (this.#begin === undefined || this.#committed || message.output <= last) return false;
    this.#crc = crc16(encodePayload(message), {}, this.#crc);
    this.settingsByOutput.set(message.output, { maxOnMs: message.maxOnMs, safeOn: (message.flags & 1) === 1 });
    return true;
  }

  /** Whether it now holds; `ownCrc` is what the board computed either way. */
  commit(configCrc: number): { committed: boolean; ownCrc: number } {
    const isWhole = this.#begin !== undefined && this.settingsByOutput.size === this.#begin.outputCount;
    this.#committed = isWhole && configCrc === this.#crc;
    return { committed: this.#committed, ownCrc: this.#crc };
  }
}
