// What a person sets about the dashboard and the metrics endpoint.
import { z } from 'zod';

export const webOptions = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether to serve the dashboard, /metrics, /healthz and /readyz.'),
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on. Anything but localhost shows the line to the network: there is no login yet.'),
  port: z.int().min(0).max(65_535).default(8080).describe('TCP port; 0 takes a free one.'),
}).prefault({});

export type WebOptions = z.output<typeof webOptions>;
