import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSortlineError } from '../../src/base/errors.ts';
import { hashPassword, isPassword, isPasswordHash, NOBODYS_HASH } from '../../src/web/password-hash.ts';
import { ROLES } from '../../src/web/roles.ts';
import { parseUsers, usersText } from '../../src/web/users-file.ts';

describe('a password', () => {
  it('is known by its hash alone, whichever way its letters are composed', async () => {
    const hash = await hashPassword('Müllwerk 2026');
    expect(isPasswordHash(hash)).toBe(true);
    expect(await isPassword('Mu\u0308llwerk 2026', hash)).toBe(true);
    expect(await isPassword('Mullwerk 2026', hash)).toBe(false);
    expect(await hashPassword('Müllwerk 2026')).not.toBe(hash);
  });

  it('is compared with other costs than today\'s, but with none that would stop the machine', async () => {
    expect(await isPassword('x', NOBODYS_HASH)).toBe(false);
    for (const costs of ['ln=30,r=8,p=1', 'ln=15,r=99,p=1', 'ln=15,r=8,p=9', 'ln=1,r=8,p=1']) expect(isPasswordHash(`$scrypt$${costs}$${'A'.repeat(22)}$${'A'.repeat(43)}`), costs).toBe(false);
    expect(await isPassword('x', 'plain text')).toBe(false);
  });
});

describe('a users file', () => {
  const user = fc.record({ name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,20}$/), role: fc.constantFrom(...ROLES), passwordHash: fc.constant(NOBODYS_HASH) });

  it('says the same after it was written', () => {
    fc.assert(fc.property(fc.uniqueArray(user, { selector: ({ name }) => name }), (users) => {
      expect([...parseUsers(usersText(users), 'users').values()]).toEqual(users);
    }));
  });

  it('that is anything else is refused with the line, and never a crash', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
      try {
        parseUsers(text, 'users');
      } catch (error) {
        expect(isSortlineError(error, 'WEB_USERS_INVALID')).toBe(true);
      }
    }));
    for (const [line, reason] of [['a b c', 'role'], ['a viewer secret', 'hash'], [`a viewer ${NOBODYS_HASH} more`, 'more'], ['- viewer x', 'name'], [`a viewer ${NOBODYS_HASH}\na viewer ${NOBODYS_HASH}`, 'twice']] as const) {
      expect(() => parseUsers(`# comment\n\n${line}\n`, 'users')).toThrow(reason);
    }
  });
});
