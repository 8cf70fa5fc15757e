// Port of what draws items before they are seen. A drawing takes as long as a picture of the belt: whoever shows pictures on time has
// them drawn elsewhere (drawing-thread.ts).
import type { DrawnItem } from './render-item.ts';
import type { Drawing } from './render-sprite.ts';

export interface ItemDrawings {
  /** Begins the drawing of `item`, which `key` names for good; nothing where it is begun already, or too many are. */
  begin(key: number, item: DrawnItem): void;
  /** The drawing, the caller's from now on; undefined where it is not done, and then it is the caller's to draw. */
  take(key: number): Drawing | undefined;
  close(): void;
}
