// The board is armed only while the line runs. A request that was not answered in time may still arrive: a board that says it
// is armed although nobody wants it to be is made safe, as often as it takes.
import type { CommandResult, Link } from '../link/link.ts';

export class BoardArming {
  readonly #link: Pick<Link, 'arm' | 'safe'>;
  readonly #isWanted: () => boolean;
  #pendingCount = 0;

  /** `isWanted`: whether the line runs. */
  constructor(link: Pick<Link, 'arm' | 'safe'>, isWanted: () => boolean) {
    this.#link = link;
    this.#isWanted = isWanted;
  }

  async arm(): Promise<CommandResult> {
    this.#pendingCount++;
    const answer = await this.#link.arm();
    this.#pendingCount--;
    // It may arrive yet; what follows it in the stream undoes it.
    if (answer.result === 'timed-out') this.makeSafe();
    return answer;
  }

  /** Asks again where the board did not answer, until it does, the session ends, or the line runs. */
  makeSafe(): void {
    void this.#link.safe().then(({ result }) => { if (result === 'timed-out' && !this.#isWanted()) this.makeSafe(); });
  }

  /** The board says that it is armed. */
  isArmed(): void {
    if (this.#pendingCount === 0 && !this.#isWanted()) this.makeSafe();
  }
}
