// Who may do what. Each role may all that the ones before it may.
import type { CommandName } from '../domain/operator-command.ts';

/** `viewer` looks; `operator` runs the line and labels pictures; `maintainer` changes what it does. */
export const ROLES = ['viewer', 'operator', 'maintainer'] as const;
export type Role = (typeof ROLES)[number];

/** The role each command needs. */
export const ROLE_BY_COMMAND: Readonly<Record<CommandName, Role>> = {
  'ping': 'viewer', 'snapshot': 'viewer',
  'start': 'operator', 'pause': 'operator', 'acknowledge-alarm': 'operator', 'enable-bin': 'operator', 'note': 'operator',
  'set-recipe': 'maintainer',
};

export function isRole(value: unknown): value is Role {
  return (ROLES as readonly unknown[]).includes(value);
}

export function mayAct(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
