// What a person sets about the dashboard and the metrics endpoint.
import { z } from 'zod';
import { ROLES } from './roles.ts';

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day is HH:MM, such as 06:00');

const proxyOptions = z.strictObject({
  header: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'a header name is letters, digits and dashes').default('X-Forwarded-User').describe('Header in which the proxy names the person who logged in there.'),
  roleHeader: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'a header name is letters, digits and dashes').optional().describe('Header in which it gives their role; without it, or with another word in it, `role` holds.'),
  role: z.enum(ROLES).default('viewer').describe('Role of whoever the proxy lets through: `viewer`, `operator`, `maintainer`.'),
  from: z.array(z.string().min(2).max(45)).min(1).default(['127.0.0.1', '::1']).describe('Addresses of the proxy; the header is believed from nobody else.'),
});

export const webOptions = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether to serve the dashboard, /metrics, /healthz and /readyz.'),
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on. Anything but localhost needs `users` or `proxy`.'),
  port: z.int().min(0).max(65_535).default(8080).describe('TCP port; 0 takes a free one.'),
  users: z.string().min(1).optional().describe('File of those who may log in, made by `sortline user add`. With it, everyone logs in. Without it nobody does, which is allowed on localhost only. A relative path starts at the config file.'),
  sessionHours: z.number().min(0.1).max(720).default(12).describe('Time without a request after which a login ends, hours.'),
  proxy: proxyOptions.optional().describe('A reverse proxy in front that does the login.'),
  tls: z.strictObject({
    certFile: z.string().min(1).describe('Certificate with its chain, PEM. A relative path starts at the config file.'),
    keyFile: z.string().min(1).describe('Its private key, PEM. A relative path starts at the config file.'),
  }).optional().describe('Serve HTTPS instead of HTTP.'),
  metricsTokenFile: z.string().min(1).optional().describe('File with a token that lets Prometheus read /metrics without a login (`authorization: {credentials_file: …}`). A relative path starts at the config file.'),
  maxViewers: z.int().min(1).max(500).default(40).describe('Open dashboards that get live data at once; more are told to try again.'),
  shifts: z.array(clockTime).max(12).default(['06:00', '14:00', '22:00']).describe('When shifts begin, as the history offers them.'),
  labels: z.string().min(1).default('.sortline/labelled').describe('Folder to which the label corner moves harvested pictures, a folder per material; `sortline dataset import` takes it. A relative path starts at the config file, the default at the working directory.'),
}).prefault({});

export type WebOptions = z.output<typeof webOptions>;
export type ProxyOptions = z.output<typeof proxyOptions>;
