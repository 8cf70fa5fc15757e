// A real MQTT client that listens, for tests: it waits for messages, never for time.
import { connectAsync } from 'mqtt';
import type { IClientOptions, MqttClient } from 'mqtt';

export interface Heard {
  readonly topic: string;
  readonly text: string;
  readonly retained: boolean;
  readonly payload: Record<string, unknown>;
}

export class Listener {
  readonly heard: Heard[] = [];
  readonly client: MqttClient;
  #waiting: (() => void)[] = [];

  constructor(client: MqttClient) {
    this.client = client;
    client.on('message', (topic, payload, { retain }) => {
      const text = payload.toString();
      this.heard.push({ topic, text, retained: retain, payload: objectOf(text) });
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const wake of waiting) wake();
    });
  }

  /** What was heard on topics that end in `topic`. */
  on(topic: string): Heard[] {
    return this.heard.filter((message) => message.topic.endsWith(`/${topic}`));
  }

  async until(isDone: (listener: Listener) => boolean): Promise<void> {
    while (!isDone(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  close(): Promise<void> {
    return this.client.endAsync(true);
  }
}

export async function listen(url: string, filter = 'sortline/#', options: IClientOptions = {}): Promise<Listener> {
  const client = await connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0, ...options });
  const listener = new Listener(client);
  await client.subscribeAsync(filter, { qos: 1 });
  return listener;
}

/** Empty for what is no JSON object: cleared topics, and requests that are wrong on purpose. */
function objectOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
