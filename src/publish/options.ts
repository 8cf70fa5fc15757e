// What a person sets about MQTT.
import { z } from 'zod';
import { COMMAND_NAMES } from '../domain/operator-command.ts';

const topicPart = z.string().regex(/^[^+#/\0]{1,64}$/, 'expected one part of an MQTT topic: no `/`, `+` or `#`');

export const mqttOptions = z.strictObject({
  url: z.url({ protocol: /^(mqtts?|tcp|ssl|wss?)$/, hostname: /./, error: 'expected an address such as mqtt://broker.local:1883 or mqtts://broker.local:8883' }).optional()
    .describe('Broker to publish to, `mqtt://` or `mqtts://` with host and port. Default: the embedded broker.'),
  embedded: z.strictObject({
    host: z.string().min(1).default('127.0.0.1').describe('Address the embedded broker listens on. Anything but localhost opens it to the network: set username and password then.'),
    port: z.int().min(0).max(65_535).default(1883).describe('TCP port of the embedded broker; 0 takes a free one.'),
  }).prefault({}).describe('The broker inside Sortline, used where no `url` is set.'),
  username: z.string().min(1).optional().describe('User name at the broker; the embedded broker then asks its clients for it too.'),
  password: z.string().min(1).optional().describe('Password at the broker; better `passwordFile`, or `${NAME}` from the environment.'),
  passwordFile: z.string().min(1).optional().describe('File whose first line is the password. A relative path starts at the config file.'),
  clientId: z.string().min(1).max(64).optional().describe('Client id at the broker, unique there. Default: `sortline-<site>-<line>`.'),
  qos: z.union([z.literal(0), z.literal(1)]).default(1).describe('Quality of service of everything published: 1 is sent again until the broker has it, 0 is sent once.'),
  outbox: z.strictObject({
    maxEvents: z.int().min(1000).max(100_000_000).default(1_000_000).describe('Item events that may wait for the broker, count; beyond it the oldest predictions go before any outcome.'),
    maxMb: z.number().min(1).max(100_000).default(512).describe('Room that waiting events may take in the ledger file, MB; about 0.8 kB an event.'),
    eventsPerSecond: z.int().min(10).max(100_000).default(4000).describe('Item events published a second at most, after an outage; the state of the line goes first.'),
  }).prefault({}).describe('Item events wait here, in the ledger file, until the broker has them; through outages and restarts.'),
  commands: z.strictObject({
    allow: z.array(z.enum(COMMAND_NAMES)).default(['pause', 'acknowledge-alarm', 'note', 'snapshot', 'ping'])
      .describe('Commands obeyed from whoever the broker lets publish under `request/`. Restrict that in the broker\'s access list before you add `start`.'),
    perSecond: z.int().min(1).max(1000).default(10).describe('Commands obeyed a second, count; more are refused.'),
    maxAgeS: z.int().min(1).max(3600).default(30).describe('A command that was sent longer ago is refused, seconds; the clocks of sender and line may differ by as much.'),
    startAfterEStop: z.boolean().default(false).describe('Whether `start` over MQTT may follow an E-stop. Whoever starts should see the belt.'),
  }).prefault({}).describe('Commands over MQTT.'),
  homeAssistant: z.strictObject({
    enabled: z.boolean().default(false).describe('Whether the line tells Home Assistant about itself (MQTT discovery).'),
    discoveryPrefix: topicPart.default('homeassistant').describe('Topic that Home Assistant\'s discovery begins with, as set there.'),
  }).prefault({}).describe('The line as a device of Home Assistant.'),
  sparkplug: z.strictObject({
    enabled: z.boolean().default(false).describe('Whether the line is a Sparkplug B edge node as well: its state and counters as metrics, over a session of its own.'),
    group: topicPart.optional().describe('Sparkplug group id. Default: `line.site`.'),
    node: topicPart.optional().describe('Sparkplug edge node id. Default: `line.id`.'),
  }).prefault({}).describe('The line as a Sparkplug B edge node.'),
  tls: z.strictObject({
    caFile: z.string().min(1).optional().describe('PEM file of the authority that signed the broker\'s certificate. Default: the system\'s.'),
    certFile: z.string().min(1).optional().describe('PEM file of this line\'s own certificate, where the broker wants one.'),
    keyFile: z.string().min(1).optional().describe('PEM file of the key to `certFile`.'),
    serverName: z.string().min(1).max(255).optional().describe('Name that the broker\'s certificate must carry, where it is not the one in `url`.'),
    verify: z.boolean().default(true).describe('Whether the broker\'s certificate is checked; switching it off lets anyone in between read and command.'),
  }).prefault({}).describe('Encryption, for `mqtts://`.'),
}).prefault({});

export type MqttOptions = z.output<typeof mqttOptions>;

export const tracingOptions = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'expected an address such as http://localhost:4318/v1/traces' }).optional()
    .describe('OpenTelemetry collector that takes one trace per item over OTLP/HTTP (JSON), such as `http://localhost:4318/v1/traces`. Default: none are made.'),
  share: z.number().min(0).max(1).default(1).describe('Share of the items that are traced.'),
}).prefault({});

export type TracingOptions = z.output<typeof tracingOptions>;
