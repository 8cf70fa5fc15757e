// HTTPS with a certificate of the test's own making, where openssl is installed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkDashboard } from '../../src/cli/check-dashboard.ts';
import { defaultConfig } from '../../src/config/load-config.ts';
import { hashPassword } from '../../src/web/password-hash.ts';
import { usersText } from '../../src/web/users-file.ts';
import { serve } from './serve.ts';

test.skipIf(spawnSync('openssl', ['version']).status !== 0)('with a certificate the dashboard speaks HTTPS, and its cookie goes over nothing else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const tls = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
  const users = join(folder, 'users');
  writeFileSync(users, usersText([{ name: 'otto', role: 'operator', passwordHash: await hashPassword('correct horse', 10) }]));
  spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', tls.keyFile, '-out', tls.certFile]);
  const { url } = await serve({ options: { tls, users } });
  expect(url).toMatch(/^https:/);
  const answer = await new Promise<{ status: number; cookie: string }>((resolve, reject) => {
    const order = request(`${url}api/login`, { ca: readFileSync(tls.certFile), method: 'POST', headers: { 'content-type': 'application/json' } }, (response) => {
      resolve({ status: response.statusCode!, cookie: String(response.headers['set-cookie']) });
      response.resume();
    });
    order.on('error', reject).end(JSON.stringify({ name: 'otto', password: 'correct horse' }));
  });
  expect(answer).toEqual({ status: 200, cookie: expect.stringMatching(/; Secure$/) });

  const config = defaultConfig();
  expect(await checkDashboard({ ...config, web: { ...config.web, users, tls, host: '0.0.0.0' } })).toMatch(/^https:\/\/0\.0\.0\.0:8080, people log in, certificate valid to \d{4}-/);
  await expect(checkDashboard({ ...config, web: { ...config.web, tls: { certFile: users, keyFile: tls.keyFile } } })).rejects.toMatchObject({ code: 'WEB_FILE_UNREADABLE' });
  await expect(checkDashboard({ ...config, web: { ...config.web, host: '0.0.0.0' } })).rejects.toMatchObject({ code: 'WEB_LOGIN_MISSING' });
});
