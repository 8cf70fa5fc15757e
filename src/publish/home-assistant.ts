// The line as Home Assistant finds it: one device discovery document that points at the line's own topics, so that there is
// nothing to keep in step. Source: home-assistant.io/integrations/mqtt (MQTT discovery, device discovery payload; sensor,
// binary_sensor, button).
import { OUTCOMES } from '../domain/decision.ts';
import { ALARM_CODES, LINE_STATES } from '../domain/line-event.ts';
import type { CommandName } from '../domain/operator-command.ts';
import type { Identity } from './state-topics.ts';
import { topicPrefix } from './topics.ts';

export interface DiscoveryFacts {
  readonly identity: Pick<Identity, 'site' | 'line'>;
  readonly version: string;
  readonly bins: readonly string[];
  /** Commands that the config allows; only these get a button. */
  readonly commands: readonly CommandName[];
  /** Topic that all discovery begins with. */
  readonly prefix: string;
}

interface Component {
  readonly platform: 'sensor' | 'binary_sensor' | 'button';
  readonly name: string;
  readonly [key: string]: unknown;
}

/** The retained message, and the topic on which Home Assistant says that it has started and wants it again. */
export function homeAssistantDiscovery(facts: DiscoveryFacts): { readonly statusTopic: string; readonly documents: readonly { readonly topic: string; readonly payload: string }[] } {
  const { site, line } = facts.identity;
  const deviceId = `sortline_${site}_${line}`;
  const components = Object.fromEntries(Object.entries(componentsOf(facts)).map(([key, component]) => [key, { ...component, unique_id: `${deviceId}_${key}` }]));
  const document = {
    device: { identifiers: [deviceId], name: `Sortline ${line}`, manufacturer: 'Sortline', model: 'Recyclable sorter', sw_version: facts.version, suggested_area: site },
    origin: { name: 'Sortline', sw_version: facts.version },
    availability_topic: `${topicPrefix(facts.identity)}/state`,
    availability_template: "{{ 'offline' if value_json.state in ['offline', 'stopped'] else 'online' }}",
    components,
  };
  return { statusTopic: `${facts.prefix}/status`, documents: [{ topic: `${facts.prefix}/device/${deviceId}/config`, payload: JSON.stringify(document) }] };
}

function componentsOf({ identity, bins, commands }: DiscoveryFacts): Record<string, Component> {
  const prefix = topicPrefix(identity);
  const of = (topic: string, template: string): { state_topic: string; value_template: string } => ({ state_topic: `${prefix}/${topic}`, value_template: `{{ ${template} }}` });
  const measured = (name: string, field: string, more: object = {}): Component => ({ platform: 'sensor', name, ...of('stats', `value_json.${field}`), state_class: 'measurement', ...more });
  const counted = (name: string, field: string): Component => ({ platform: 'sensor', name, ...of('stats', `value_json.${field}`), state_class: 'total_increasing', unit_of_measurement: 'items' });
  return {
    state: { platform: 'sensor', name: 'State', ...of('state', 'value_json.state'), device_class: 'enum', options: [...LINE_STATES, 'offline'], json_attributes_topic: `${prefix}/state` },
    recipe: { platform: 'sensor', name: 'Recipe', ...of('recipe', 'value_json.name') },
    rate: measured('Items a second', 'itemsPerSecond | round(2)', { unit_of_measurement: 'items/s' }),
    speed: measured('Belt speed', 'beltMmPerSecond | round(1)', { device_class: 'speed', unit_of_measurement: 'mm/s' }),
    queued: measured('Events waiting', 'queued', { entity_category: 'diagnostic' }),
    seen: counted('Items', 'itemsSeen'),
    ...Object.fromEntries(OUTCOMES.map((outcome) => [outcome, counted(`Items ${outcome}`, `outcomes.${outcome}`)])),
    ...Object.fromEntries(bins.flatMap((bin) => binComponents(bin, of))),
    ...Object.fromEntries(ALARM_CODES.map((code) => [`alarm_${code.replaceAll('-', '_')}`, {
      platform: 'binary_sensor', name: `Alarm ${code}`, ...of(`alarm/${code}`, "'ON' if value else 'OFF'"), device_class: 'problem', entity_category: 'diagnostic',
    } satisfies Component])),
    ...Object.fromEntries((['start', 'pause'] as const).filter((command) => commands.includes(command)).map((command) => [command, button(command, prefix)])),
  };
}

function binComponents(bin: string, of: (topic: string, template: string) => { state_topic: string }): [string, Component][] {
  const key = bin.replaceAll('-', '_');
  const share = (field: 'purity' | 'recovery'): Component => {
    const { state_topic } = of('stats', '');
    const value_template = `{% set found = value_json.bins | selectattr('bin', 'eq', '${bin}') | list %}{{ (found[0].${field} * 100) | round(1) if found and found[0].${field} is not none else none }}`;
    return { platform: 'sensor', name: `Bin ${bin} ${field}`, state_topic, value_template, state_class: 'measurement', unit_of_measurement: '%' };
  };
  return [
    [`bin_${key}_full`, { platform: 'binary_sensor', name: `Bin ${bin} full`, ...of(`bin/${bin}`, "'ON' if value_json.full else 'OFF'"), device_class: 'problem' }],
    [`bin_${key}_purity`, share('purity')],
    [`bin_${key}_recovery`, share('recovery')],
  ];
}

/** Every press is a request of its own, with its own id and time. */
function button(command: CommandName, prefix: string): Component {
  return {
    platform: 'button', name: command === 'start' ? 'Start' : 'Pause', command_topic: `${prefix}/request/${command}`,
    command_template: '{"id": "ha-{{ now().timestamp() }}", "atIso": "{{ utcnow().strftime(\'%Y-%m-%dT%H:%M:%SZ\') }}", "by": "Home Assistant"}',
  };
}
