import { describe, expect, test } from 'vitest';
import type { BoardView } from '../../src/calibrate/judge-views.ts';
import { coverageText, judgeViews } from '../../src/calibrate/judge-views.ts';

const size = { width: 1280, height: 720 };

function view(atU: number, atV: number, aboutVertical = 0, aboutHorizontal = 0): BoardView {
  const corners = Array.from({ length: 54 }, (_, index) => ({ u: atU + (index % 9) * 40 - 160, v: atV + Math.floor(index / 9) * 40 - 100 }));
  return { name: `${atU}`, corners, tiltDeg: { aboutVertical, aboutHorizontal } };
}

const around = [view(200, 140), view(1080, 140), view(200, 580), view(1080, 580), view(500, 360), view(800, 360), view(640, 140), view(640, 580)];
const leaning = [view(640, 360, 20), view(640, 360, -20), view(640, 360, 0, 20), view(640, 360, 0, -20)];

describe('judgeViews', () => {
  test('takes views of the whole picture that lean to every side', () => {
    expect(judgeViews([...around, ...leaning], size)).toMatchObject({ isGood: true, missing: [] });
  });

  test('asks for each side the board never leant to', () => {
    expect(judgeViews([...around, ...leaning.slice(1)], size).missing).toEqual([expect.stringContaining('right side nearer')]);
    expect(judgeViews(around, size).missing).toHaveLength(4);
  });

  test('names the parts of the picture where the board never was', () => {
    const { missing } = judgeViews([...around.filter(({ corners }) => corners[0]!.u < 700), ...leaning], size);
    expect(missing).toEqual([expect.stringMatching(/upper far right.*lower far right/)]);
  });

  test('counts views', () => {
    expect(judgeViews(leaning, size).missing[0]).toBe('4 more views: the board was found in 4, needed are 8');
  });

  test('draws the coverage, a point for none', () => {
    expect(coverageText(judgeViews([view(200, 140)], size).coverage).split('\n')).toHaveLength(3);
    expect(coverageText([[0, 12], [3, 0]])).toBe('    .  12\n    3   .');
  });
});
