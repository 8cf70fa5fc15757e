// What a person sets about the ledger.
import { z } from 'zod';

export const ledgerOptions = z.strictObject({
  path: z.string().min(1).default('.sortline/ledger.sqlite').describe('SQLite file of the ledger; its folder is made where absent. `:memory:` keeps nothing. A relative path starts at the config file, the default at the working directory.'),
  retentionDays: z.number().min(0.01).max(36_500).default(90).describe('Items and events older than this are deleted, days.'),
  sumsRetentionDays: z.number().min(0.01).max(36_500).default(400).describe('Sums per ten minutes, which the history of long periods is made of, are kept this long, days: about 300 kB a day. Never shorter than `retentionDays`.'),
  looks: z.boolean().default(true).describe('Whether every look at an item is kept (about half of the file), or only its vote.'),
}).prefault({});

export type LedgerOptions = z.output<typeof ledgerOptions>;
