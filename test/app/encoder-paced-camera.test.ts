import { describe, expect, test } from 'vitest';
import { EncoderPacedCamera } from '../../src/app/encoder-paced-camera.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { Recording } from '../../src/record/open-recording.ts';
import type { RecordEntry } from '../../src/record/record-entry.ts';

/** A picture of one pixel. */
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC', 'base64');

function rig(takenAtNs: readonly number[]) {
  const clock = new ManualClock({ startNs: 1e9 });
  const belt = { reached: -1, stands: false };
  const entries = takenAtNs.map((capturedAtNs, sequence): RecordEntry => ({
    kind: 'frame', atNs: capturedAtNs, frame: { sequence, capturedAtNs, encoderCounts: 0, size: { width: 1, height: 1 }, format: 'png', data: PNG },
  }));
  const camera = new EncoderPacedCamera({
    recording: { path: 'r.mcap', entries: () => entries.values() } as unknown as Recording, clock, framesPerSecond: 10,
    isReached: (recordedNs) => recordedNs <= belt.reached, isStanding: () => belt.stands,
  });
  const shown: number[] = [];
  const errors: unknown[] = [];
  const look = (): void => void camera.read().then(({ image, capturedAtNs }) => { shown.push((capturedAtNs - 1e9) / 1e6); image.release(); }, (error: unknown) => errors.push(error));
  return { clock, belt, camera, shown, errors, look };
}

describe('a recording paced by an encoder', () => {
  test('shows a picture when the belt has come to it, with the time it is shown', async () => {
    const { clock, belt, camera, shown, look } = rig([10, 20]);
    await camera.open();
    look();
    await clock.advanceMs(1000);
    expect(shown).toEqual([]);
    belt.reached = 10;
    await clock.advanceMs(4);
    look();
    await clock.advanceMs(500);
    expect(shown).toEqual([1004]);
    belt.reached = 25;
    await clock.advanceMs(4);
    expect(shown).toEqual([1004, 1508]);
  });

  test('repeats the picture of a belt that stands, not of one that moves', async () => {
    const { clock, belt, camera, shown, look } = rig([10, 20]);
    belt.reached = 10;
    await camera.open();
    look();
    await clock.advanceMs(1);
    look();
    await clock.advanceMs(500);
    expect(shown).toHaveLength(1);
    belt.stands = true;
    await clock.advanceMs(8);
    expect(shown).toHaveLength(2);
    expect(camera.isOver).toBe(false);
  });

  test('ends behind the last picture, and when it is closed while it waits', async () => {
    const { clock, belt, camera, errors, look } = rig([10]);
    await camera.open();
    look();
    await camera.close();
    await clock.advanceMs(8);
    belt.reached = 10;
    await camera.open();
    look();
    await clock.advanceMs(1);
    look();
    await clock.advanceMs(1);
    expect(errors).toMatchObject([{ code: 'CAMERA_READ_FAILED' }, { code: 'CAMERA_ENDED' }]);
    expect(camera.isOver).toBe(true);
  });
});
