// What is wrong with camera and vision at present. It outlives the vision process and the line process: a dirty lens stays
// dirty when the service restarts.

export const EYE_TROUBLES = ['stall', 'black', 'repeat', 'torn', 'wrong-size', 'light-step', 'dirt', 'wrong-shape', 'no-start'] as const;
export type EyeTrouble = (typeof EYE_TROUBLES)[number];

export class EyeFaults {
  /** Crashes still to come, each as soon as vision is ready again. */
  crashesLeft = 0;
  /** How late pictures come, ms. */
  lateMs = 0;
  /** Extra time of a look, ms. */
  slowMs = 0;
  /** Set by the present eye. */
  onCrash: () => void = () => undefined;
  onHang: () => void = () => undefined;
  readonly #present = new Set<EyeTrouble>();

  has(trouble: EyeTrouble): boolean {
    return this.#present.has(trouble);
  }

  set(trouble: EyeTrouble, isPresent: boolean): void {
    if (isPresent) this.#present.add(trouble);
    else this.#present.delete(trouble);
  }

  /** The process dies now, and `times - 1` times more when it is back. */
  crash(times: number): void {
    this.crashesLeft = times - 1;
    this.onCrash();
  }

  hang(): void {
    this.onHang();
  }
}
