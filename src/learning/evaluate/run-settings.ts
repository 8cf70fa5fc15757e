// What of a run's configuration is a setting that people compare: plain values and lists. Nested objects are what commands
// note for themselves, such as how to resume.

export function settingsOf(config: Readonly<Record<string, unknown>>): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(config).filter(([, value]) => typeof value !== 'object' || Array.isArray(value)));
}

/** One line; a long one is cut. `absent` stands for what was not set. */
export function settingText(value: unknown, absent: string): string {
  if (value === undefined || value === null) return absent;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `…${text.slice(-59)}` : text;
}
