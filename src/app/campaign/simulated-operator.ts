// The people of a simulated day: one who starts the line when it stands and nothing speaks against it, and who now and then
// pauses it, changes the recipe, takes a bin out of use, or presses start again and again. All through the commands that
// dashboard and MQTT use.
import type { Clock, Timer } from '../../base/clock.ts';
import type { Config } from '../../config/schema.ts';
import { recipeOf } from '../../decide/options.ts';
import { RESIDUE } from '../../domain/decision.ts';
import type { LineState } from '../../domain/line-event.ts';
import type { OperatorCommand } from '../../domain/operator-command.ts';
import type { LineLife } from './line-life.ts';

export interface OperatorDeps {
  readonly clock: Clock;
  readonly config: Config;
  /** Undefined while the service is away. */
  life(): LineLife | undefined;
  /** When the service hears of a start that is asked for. */
  onAsk(): void;
}

const LOOK_MS = 1000;
/** How long the line stands before somebody is there, ms. */
const REACTION_MS = 4000;
const IMPATIENT_MS = 150;
const WHO = { name: 'operator', via: 'dashboard' } as const;

export class SimulatedOperator {
  readonly #deps: OperatorDeps;
  readonly #timer: Timer;
  #standsMs = 0;
  #isPausing = false;
  #isSwapped = false;

  constructor(deps: OperatorDeps) {
    this.#deps = deps;
    this.#timer = deps.clock.every(LOOK_MS, () => this.#look());
  }

  pause(): () => void {
    this.#isPausing = true;
    this.#ask({ name: 'pause' });
    return () => { this.#isPausing = false; };
  }

  /** Paper and cardboard change places. */
  swapRecipe(): () => void {
    this.#isSwapped = true;
    this.#applyRecipe();
    return () => {
      this.#isSwapped = false;
      this.#applyRecipe();
    };
  }

  switchOff(index: number): () => void {
    const bin = this.#deps.config.bins[index % this.#deps.config.bins.length]!.id;
    this.#ask({ name: 'enable-bin', bin, enabled: false });
    return () => this.#ask({ name: 'enable-bin', bin, enabled: true });
  }

  /** Presses start again and again, whatever the line is doing. */
  hurry(): () => void {
    const timer = this.#deps.clock.every(IMPATIENT_MS, () => this.#start());
    return () => timer.cancel();
  }

  goHome(): void {
    this.#timer.cancel();
  }

  #look(): void {
    const state: LineState | undefined = this.#deps.life()?.line.state;
    const stands = state === 'ready' || state === 'safe' || state === 'paused';
    this.#standsMs = stands && !this.#isPausing ? this.#standsMs + LOOK_MS : 0;
    if (this.#standsMs < REACTION_MS) return;
    this.#standsMs = 0;
    this.#start();
  }

  #start(): void {
    this.#ask({ name: 'start' } as OperatorCommand, this.#deps.onAsk);
  }

  #applyRecipe(): void {
    const recipe = recipeOf(this.#deps.config.recipe);
    const { cardboard, paper } = recipe.binByMaterial;
    const swapped = { ...recipe.binByMaterial, cardboard: paper, paper: cardboard, glass: RESIDUE };
    this.#ask({ name: 'set-recipe', recipe: this.#isSwapped ? { ...recipe, name: 'swapped', binByMaterial: swapped } : recipe });
  }

  /** A service that stalls hears it later. */
  #ask(command: OperatorCommand, onHeard: () => void = () => undefined): void {
    const life = this.#deps.life();
    life?.clock.deliver(() => {
      onHeard();
      void life.execute(command, WHO);
    });
  }
}
