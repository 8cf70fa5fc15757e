// What classifies the items: told by the vision process, and shown and stored with what it says of them.
import type { Milliseconds } from '../base/units.ts';

export interface ModelInUse {
  /** Folder name of the model. */
  readonly model: string;
  /** SHA-256 of model.onnx, hex. */
  readonly sha256: string;
  /** Provider in use, e.g. `cpu`. */
  readonly provider: string;
  /** Providers asked for before it that could not be loaded, each with why. */
  readonly unavailable: readonly { readonly provider: string; readonly reason: string }[];
  readonly warmUpMs: Milliseconds;
  /** The model that should run, where this one stands in for it: `trashnet:v3`. An alarm says why. */
  readonly insteadOf?: string | undefined;
}
