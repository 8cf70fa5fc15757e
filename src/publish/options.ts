// What a person sets about MQTT.
import { z } from 'zod';

export const mqttOptions = z.strictObject({
  url: z.url({ protocol: /^(mqtts?|tcp|ssl|wss?)$/, error: 'expected an address such as mqtt://broker.local:1883 or mqtts://broker.local:8883' }).optional()
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
  queue: z.int().min(100).max(1_000_000).default(20_000).describe('Item events kept in memory while the broker is away, events; when full the oldest predictions go before outcomes (about 1 kB each).'),
  tls: z.strictObject({
    caFile: z.string().min(1).optional().describe('PEM file of the authority that signed the broker\'s certificate. Default: the system\'s.'),
    certFile: z.string().min(1).optional().describe('PEM file of this line\'s own certificate, where the broker wants one.'),
    keyFile: z.string().min(1).optional().describe('PEM file of the key to `certFile`.'),
    verify: z.boolean().default(true).describe('Whether the broker\'s certificate is checked; switching it off lets anyone in between read and command.'),
  }).prefault({}).describe('Encryption, for `mqtts://`.'),
}).prefault({});

export type MqttOptions = z.output<typeof mqttOptions>;
