// Tables for a terminal: columns as wide as their widest field, numbers to the right.

export interface Column {
  readonly heading: string;
  readonly align?: 'left' | 'right';
}

/** Lines without trailing spaces, each ended. Fields are one line of characters that are one column wide. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ heading }, index) => Math.max(heading.length, ...rows.map((row) => row[index]!.length)));
  const line = (fields: readonly string[]): string => fields
    .map((field, index) => (columns[index]!.align === 'right' ? field.padStart(widths[index]!) : field.padEnd(widths[index]!)))
    .join('  ').trimEnd();
  return [columns.map(({ heading }) => heading), ...rows].map((row) => `${line(row)}\n`).join('');
}
