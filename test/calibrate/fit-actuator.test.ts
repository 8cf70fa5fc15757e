import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EdgeSearch } from '../../src/calibrate/edge-search.ts';
import { fitActuator } from '../../src/calibrate/fit-actuator.ts';

/** The aims at which a jet at `offset` moves an item, as the belt's physics has it. */
function truthOf({ offsetMm, leadMs, holdMs, zoneMm }: { offsetMm: number; leadMs: number; holdMs: number; zoneMm: number }, speed: number) {
  const from = offsetMm - zoneMm / 2 - (speed * (leadMs + holdMs)) / 1000, to = offsetMm + zoneMm / 2 - (speed * leadMs) / 1000;
  return (aim: number): boolean => aim >= from && aim <= to;
}

function searched(isHit: (aim: number) => boolean, middleMm: number, widthMm: number): EdgeSearch {
  const search = new EdgeSearch({ middleMm, widthMm, reachMm: 150, resolutionMm: 1 });
  for (let aim = search.next(); aim !== undefined && search.tries < 100; aim = search.next()) search.told(aim, isHit(aim));
  return search;
}

describe('fire and see', () => {
  test('finds any actuator within reach, and is as sure as it says', () => {
    fc.assert(fc.property(
      fc.double({ min: -80, max: 80, noNaN: true }), fc.double({ min: 0, max: 60, noNaN: true }), fc.double({ min: 15, max: 40, noNaN: true }), fc.double({ min: 20, max: 80, noNaN: true }),
      (offMm, leadMs, holdMs, zoneMm) => {
        const truth = { offsetMm: 1200 + offMm, leadMs, holdMs, zoneMm };
        const windows = [140, 350].map((mmPerSecond) => {
          const search = searched(truthOf(truth, mmPerSecond), 1200 - (mmPerSecond * (12 + holdMs / 2)) / 1000, 40 + (mmPerSecond * holdMs) / 1000);
          expect(search.tries).toBeLessThan(40);
          return { mmPerSecond, window: search.window! };
        });
        const fit = fitActuator(windows[0]!, windows[1]!, holdMs)!;
        // Each edge is at most half a millimetre off; the arithmetic carries that no further than this.
        expect(Math.abs(fit.offsetMm - truth.offsetMm)).toBeLessThan(1.2);
        expect(Math.abs(fit.leadMs - truth.leadMs)).toBeLessThan(5);
        expect(Math.abs(fit.zoneMm - truth.zoneMm)).toBeLessThan(1.1);
      },
    ));
  });

  test('gives up where nothing hits within reach', () => {
    const search = searched(() => false, 1200, 50);
    expect(search.window).toBeUndefined();
    expect(search.tries).toBe(13);
    expect(search.next()).toBeUndefined();
  });

  test('does not hang on an item that was seen wrongly', () => {
    let tries = 0;
    const search = searched((aim) => (++tries === 3) !== (aim > 1180 && aim < 1230), 1200, 50);
    expect(search.tries).toBeLessThan(40);
  });

  test('two speeds that are nearly the same tell nothing', () => {
    const window = { fromMm: 1180, toMm: 1230, unsureMm: 1 };
    expect(fitActuator({ mmPerSecond: 300, window }, { mmPerSecond: 310, window }, 24)).toBeUndefined();
  });
});
