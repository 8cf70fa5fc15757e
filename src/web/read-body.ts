// The body of an order: JSON, small, and what its schema says. However it is sent, no more than the limit is ever held.
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';

const BYTES_AT_MOST = 16 * 1024;

export type Body<T> = { readonly value: T } | { readonly status: 400 | 413; readonly problem: string };

/** Ends early where the sender gives up; how long it may take is the server's `requestTimeout`. */
export async function readBody<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<Body<T>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > BYTES_AT_MOST) return { status: 413, problem: `an order has at most ${BYTES_AT_MOST} bytes` };
      chunks.push(chunk);
    }
  } catch {
    return { status: 400, problem: 'the request ended before it was whole' };
  }
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    return { status: 400, problem: 'the body is no JSON' };
  }
  const parsed = schema.safeParse(data);
  if (parsed.success) return { value: parsed.data };
  return { status: 400, problem: parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; ').slice(0, 500) };
}
