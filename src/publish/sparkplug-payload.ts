// Sparkplug B payloads: metrics to bytes, and the one command that is understood, bytes to yes or no.
// Source: Sparkplug 3.0.0 § 6 (payload definition, sparkplug_b.proto of Eclipse Tahu).
import { doubleField, joinBytes, lenField, varintField } from '../base/protobuf-fields.ts';
import { readFields } from '../onnx/protobuf-wire.ts';

/** Data types by their numbers in the protocol. */
export const SPARKPLUG_TYPES = { Int64: 4, Double: 10, Boolean: 11, String: 12 } as const;
export type SparkplugType = keyof typeof SPARKPLUG_TYPES;
export type SparkplugValue = number | boolean | string | null;

export interface SparkplugMetric {
  /** In births only; data refers to the alias. */
  readonly name?: string;
  readonly alias?: number;
  readonly type: SparkplugType;
  /** Null: there is no value now. */
  readonly value: SparkplugValue;
  /** Engineering unit, in births. */
  readonly unit?: string | undefined;
}

// Field numbers of Payload and Metric.
const TIMESTAMP = 1, METRICS = 2, SEQ = 3;
const NAME = 1, ALIAS = 2, METRIC_TIMESTAMP = 3, DATATYPE = 4, IS_NULL = 7, PROPERTIES = 9;
const LONG_VALUE = 11, DOUBLE_VALUE = 13, BOOLEAN_VALUE = 14, STRING_VALUE = 15;

/** `seq`: absent in NDEATH. `wallMs`: ms since 1970, of payload and metrics. */
export function sparkplugPayload(metrics: readonly SparkplugMetric[], { wallMs, seq }: { wallMs: number; seq?: number }): Uint8Array {
  const timestamp = Math.round(wallMs);
  return joinBytes([
    varintField(TIMESTAMP, timestamp),
    ...metrics.map((metric) => lenField(METRICS, metricBytes(metric, timestamp))),
    ...(seq === undefined ? [] : [varintField(SEQ, seq)]),
  ]);
}

function metricBytes({ name, alias, type, value, unit }: SparkplugMetric, timestamp: number): Uint8Array {
  return joinBytes([
    ...(name === undefined ? [] : [lenField(NAME, name)]), ...(alias === undefined ? [] : [varintField(ALIAS, alias)]),
    varintField(METRIC_TIMESTAMP, timestamp), varintField(DATATYPE, SPARKPLUG_TYPES[type]),
    ...(unit === undefined ? [] : [lenField(PROPERTIES, joinBytes([lenField(1, 'engUnit'), lenField(2, joinBytes([varintField(1, SPARKPLUG_TYPES.String), lenField(8, unit)]))]))]),
    value === null ? varintField(IS_NULL, 1) : valueField(type, value),
  ]);
}

function valueField(type: SparkplugType, value: number | boolean | string): Uint8Array {
  switch (type) {
    case 'Int64': return varintField(LONG_VALUE, Math.trunc(Number(value)));
    case 'Double': return doubleField(DOUBLE_VALUE, Number(value));
    case 'Boolean': return varintField(BOOLEAN_VALUE, value === true ? 1 : 0);
    case 'String': return lenField(STRING_VALUE, String(value));
  }
}

/** Whether these bytes set the boolean metric of that name or alias to true. False for what is no payload. */
export function setsToTrue(payload: Uint8Array, { name, alias }: { name: string; alias: number }): boolean {
  try {
    for (const field of readFields(payload, 'a Sparkplug command')) {
      if (field.number !== METRICS) continue;
      let isMeant = false, isTrue = false;
      for (const inner of readFields(field.payload, 'a Sparkplug metric')) {
        if (inner.number === NAME) isMeant ||= Buffer.from(inner.payload).toString() === name;
        if (inner.number === ALIAS) isMeant ||= inner.value === alias;
        if (inner.number === BOOLEAN_VALUE) isTrue = inner.value === 1;
      }
      if (isMeant && isTrue) return true;
    }
    return false;
  } catch {
    return false;
  }
}
