// Where items of a recording lie, for labels that name them by id or by time.
import { BeltClock } from '../domain/belt-clock.ts';
import type { BeltSample } from '../domain/frame.ts';
import type { BeltPosition } from '../domain/item.ts';
import { NS_PER_S } from '../base/units.ts';
import { spanOf } from './edit-recording.ts';
import type { LabelPlaces } from './labels-file.ts';
import type { Recording } from './open-recording.ts';

export function placesIn(recording: Recording): LabelPlaces {
  const positionById = new Map<string, BeltPosition>();
  const samples: BeltSample[] = [];
  for (const entry of recording.entries({ pictures: false })) {
    if (entry.kind === 'event' && entry.event.kind === 'item.seen') positionById.set(entry.event.itemId, entry.event.sighting.position);
    if (entry.kind === 'belt') samples.push(entry.sample);
  }
  const { firstNs, lastNs } = spanOf(recording);
  return {
    positionOf: (itemId) => positionById.get(itemId),
    countsAt: (second) => {
      const atNs = firstNs + second * NS_PER_S;
      if (atNs < firstNs - NS_PER_S || atNs > lastNs + NS_PER_S) return undefined;
      const near = new BeltClock();
      for (const sample of samples) if (Math.abs(sample.atNs - atNs) < NS_PER_S) near.add(sample);
      return near.countsAt(atNs);
    },
  };
}
