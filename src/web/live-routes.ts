// The live page's sources: what stays the same, the whole view, the stream of changes, and the camera's picture with what is
// marked in it. A picture costs the vision process an encoding, so none is made while nobody looks.
import type { BinId } from '../domain/decision.ts';
import type { PictureMark } from '../vision/vision.ts';
import type { EventStream } from './event-stream.ts';
import type { LineView } from './line-view.ts';
import { json, text } from './reply.ts';
import type { Route } from './router.ts';
import type { Access } from './access.ts';

/** What does not change while the service runs. */
export interface LineFacts {
  readonly site: string;
  readonly line: string;
  readonly countsPerMm: number;
  /** Belt that the camera sees, along and across, mm. */
  readonly viewMm: { readonly fromX: number; readonly toX: number; readonly fromY: number; readonly toY: number };
  readonly actuators: readonly { readonly id: string; readonly bin: BinId; readonly offsetMm: number }[];
  readonly bins: readonly { readonly id: BinId; readonly targetPurity: number | undefined; readonly targetRecovery: number | undefined }[];
  /** HH:MM each. */
  readonly shifts: readonly string[];
  readonly hasHarvest: boolean;
}

export interface Picture {
  readonly jpeg: Uint8Array;
  readonly marks: readonly PictureMark[];
}

/** More would not fit a header; nobody reads that many. */
const MARKS_AT_MOST = 40;

export class LatestPicture {
  readonly #request: () => void;
  #picture: Picture | undefined;
  #isAsked = false;

  constructor(request: () => void) {
    this.#request = request;
  }

  /** Kept as it is until the next one. */
  show(picture: Picture): void {
    this.#picture = picture;
    this.#isAsked = false;
  }

  /** A vision process that died owes a picture for ever; ask again. */
  forgetAsking(): void {
    this.#isAsked = false;
  }

  /** The latest one; each look orders the next. */
  take(): Picture | undefined {
    if (!this.#isAsked) {
      this.#isAsked = true;
      this.#request();
    }
    return this.#picture;
  }
}

export function liveRoutes(deps: { facts: LineFacts; view: LineView; live: () => unknown; stream: EventStream; access: Access; picture: LatestPicture }): Route[] {
  const { facts, view, live, stream, access, picture } = deps;
  const markOf = ({ trackId, boxPx, label }: PictureMark): unknown => {
    const item = view.itemOfTrack(trackId);
    return { box: [boxPx.x, boxPx.y, boxPx.width, boxPx.height], label, bin: item?.bin ?? null, itemId: item?.itemId ?? null };
  };
  return [
    { method: 'GET', path: /^\/api\/line$/, needs: 'viewer', answer: () => json(200, facts) },
    { method: 'GET', path: /^\/api\/view$/, needs: 'viewer', answer: () => json(200, live()) },
    {
      method: 'GET', path: /^\/api\/events$/, needs: 'viewer',
      answer: ({ request, response }) => {
        if (request.method !== 'GET') return text(405, 'events are read with GET');
        const isOpen = stream.open(response, { event: 'view', data: live() }, () => access.visitor(request) !== undefined);
        return isOpen ? undefined : { ...text(503, 'too many viewers; try again later'), headers: { 'retry-after': '10' } };
      },
    },
    {
      method: 'GET', path: /^\/api\/snapshot\.jpg$/, needs: 'viewer',
      answer: () => {
        const latest = picture.take();
        if (latest === undefined) return text(204, '');
        const marks = encodeURIComponent(JSON.stringify(latest.marks.slice(0, MARKS_AT_MOST).map(markOf)));
        return { status: 200, body: latest.jpeg, contentType: 'image/jpeg', headers: { 'x-marks': marks } };
      },
    },
  ];
}
