// The label corner over HTTP: what waits, one picture, one label, and taking it back.
import { z } from 'zod';
import type { Logger } from '../base/logger.ts';
import { reasonOf } from '../base/errors.ts';
import { MATERIALS } from '../domain/material.ts';
import type { LabelCorner, LabelResult } from './label-corner.ts';
import { UNCLEAR } from './label-corner.ts';
import { readBody } from './read-body.ts';
import type { Reply } from './reply.ts';
import { json, text } from './reply.ts';
import type { Route } from './router.ts';

const labelled = z.strictObject({ itemId: z.string().max(101), label: z.enum([...MATERIALS, UNCLEAR]) });
const SHOWN = 24;

export function labelRoutes({ labels, log }: { labels: LabelCorner; log: Logger }): Route[] {
  const done = async (work: Promise<LabelResult>): Promise<Reply> => {
    try {
      const result = await work;
      return json(result.result === 'gone' ? 409 : 200, result);
    } catch (error) {
      log.warn(`a label could not be kept: ${reasonOf(error)}`);
      return json(409, { result: 'gone', reason: `the picture could not be moved: ${reasonOf(error)}` });
    }
  };
  return [
    {
      method: 'GET', path: /^\/api\/labels$/, needs: 'operator',
      answer: async () => {
        const waiting = await labels.waiting();
        return json(200, { waiting: waiting.length, next: waiting.slice(0, SHOWN) });
      },
    },
    {
      method: 'POST', path: /^\/api\/labels$/, needs: 'operator',
      answer: async ({ request, visitor }) => {
        const body = await readBody(request, labelled);
        if ('problem' in body) return text(body.status, body.problem);
        return done(labels.label(body.value.itemId, body.value.label, visitor!.name));
      },
    },
    { method: 'POST', path: /^\/api\/labels\/undo$/, needs: 'operator', answer: ({ visitor }) => done(labels.undo(visitor!.name)) },
    {
      method: 'GET', path: /^\/api\/crop\/([A-Za-z0-9_-]{1,101})\.jpg$/, needs: 'viewer',
      answer: async ({ params: [itemId = ''] }) => {
        const jpeg = await labels.picture(itemId);
        return jpeg === undefined ? text(404, 'no picture of this item was kept') : { status: 200, body: jpeg, contentType: 'image/jpeg', headers: { 'cache-control': 'private, max-age=3600' } };
      },
    },
  ];
}
