// What people ask of the line: the operator commands, with the role each needs, and what a recipe would change before it is asked for.
import { z } from 'zod';
import type { DecideOptions } from '../decide/options.ts';
import type { ExecuteCommand } from '../domain/operator-command.ts';
import { COMMAND_ARGUMENTS, parseCommand } from '../domain/operator-command.ts';
import { dryRun } from './dry-run.ts';
import type { LineView } from './line-view.ts';
import { readBody } from './read-body.ts';
import { json, text } from './reply.ts';
import { mayAct, ROLE_BY_COMMAND } from './roles.ts';
import type { Route } from './router.ts';

export function orderRoutes(deps: { execute: ExecuteCommand; view: LineView; margin: DecideOptions['margin'] }): Route[] {
  const { execute, view, margin } = deps;
  return [
    {
      method: 'POST', path: /^\/api\/command\/([a-z-]{1,40})$/, needs: 'viewer',
      answer: async ({ request, params: [name = ''], visitor }) => {
        const body = await readBody(request, z.record(z.string(), z.unknown()));
        if ('problem' in body) return text(body.status, body.problem);
        const parsed = parseCommand(name, body.value);
        if ('problem' in parsed) return json(400, { result: 'refused', reason: parsed.problem });
        const needed = ROLE_BY_COMMAND[parsed.command.name];
        if (!mayAct(visitor!.role, needed)) return json(403, { result: 'refused', reason: `this needs the role ${needed}; ${visitor!.name} is ${visitor!.role}` });
        const answer = await execute(parsed.command, { name: visitor!.name, via: 'dashboard' });
        // A picture is looked at through /api/snapshot.jpg.
        const { result } = answer;
        return json(result === 'accepted' ? 200 : 409, result === 'accepted' ? { result } : answer);
      },
    },
    {
      method: 'POST', path: /^\/api\/dry-run$/, needs: 'viewer',
      answer: async ({ request }) => {
        const body = await readBody(request, COMMAND_ARGUMENTS['set-recipe']);
        if ('problem' in body) return text(body.status, body.problem);
        const current = view.recipe;
        if (current === undefined) return text(409, 'the line has no recipe yet');
        return json(200, dryRun(view.recent.decisions, { current, proposed: body.value.recipe, bins: view.bins, margin }));
      },
    },
  ];
}
