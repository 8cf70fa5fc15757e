// Logging in and out, and who one is: what the page asks first.
import { z } from 'zod';
import type { Access } from './access.ts';
import { readBody } from './read-body.ts';
import { json, text } from './reply.ts';
import type { Route } from './router.ts';

const login = z.strictObject({ name: z.string().min(1).max(64), password: z.string().min(1).max(1024) });

export function sessionRoutes(access: Access): Route[] {
  return [
    {
      method: 'GET', path: /^\/api\/session$/, needs: 'everyone',
      answer: ({ request, visitor }) => {
        // To a foreign name for this address nobody is anybody.
        const who = access.refusal(request) === undefined ? visitor : undefined;
        return json(200, { name: who?.name ?? null, role: who?.role ?? null, csrf: who?.csrf ?? null, hasLogin: access.hasLogin });
      },
    },
    {
      method: 'POST', path: /^\/api\/login$/, needs: 'everyone',
      answer: async ({ request }) => {
        const body = await readBody(request, login);
        if ('problem' in body) return text(body.status, body.problem);
        const { answer, cookie } = await access.login(body.value, request.socket.remoteAddress ?? 'unknown');
        switch (answer.result) {
          case 'welcome': return json(200, { name: answer.user.name, role: answer.user.role }, { 'set-cookie': cookie! });
          case 'wrong': return text(401, 'name or password is wrong');
          case 'later': return { ...text(429, `too many attempts; try again in ${answer.afterS} s`), headers: { 'retry-after': String(answer.afterS) } };
        }
      },
    },
    { method: 'POST', path: /^\/api\/logout$/, needs: 'viewer', answer: ({ request }) => json(200, {}, { 'set-cookie': access.logout(request) }) },
  ];
}
