// Numbers, times and names as people read them, in the browser's own language for numbers and dates.
const locale = navigator.language;
const whole = new Intl.NumberFormat(locale);
const percents = [0, 1].map((digits) => new Intl.NumberFormat(locale, { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }));
const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayAndClock = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });

export const count = (value) => (value === undefined || value === null ? '–' : whole.format(value));
export const share = (value, digits = 0) => (value === undefined || value === null || Number.isNaN(value) ? '–' : percents[digits].format(value));
export const timeOf = (ms) => clock.format(ms);
export const momentOf = (ms) => dayAndClock.format(ms);

/** A value with its unit; the unit never stands alone on a line. */
export function quantity(value, unit, digits = 0) {
  if (value === undefined || value === null) return '–';
  return `${new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)}\u00a0${unit}`;
}

export function duration(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 90) return `${s}\u00a0s`;
  const min = Math.round(s / 60);
  return min < 90 ? `${min}\u00a0min` : `${new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(min / 60)}\u00a0h`;
}

/** `000042` of `20261124T…-000042`, without zeros. */
export const shortId = (itemId) => itemId.slice(itemId.lastIndexOf('-') + 1).replace(/^0+(?=\d)/, '');

const CAUSES = {
  'fired': 'fired', 'too-late': 'decided too late', 'late-on-board': 'reached the board too late', 'not-acknowledged': 'board did not acknowledge', 'rejected-by-board': 'board refused',
  'link-down': 'board not connected', 'cancelled': 'stopped on its way', 'low-confidence': 'not sure enough', 'conflicting-looks': 'looks disagree', 'no-look': 'never classified',
  'bin-full': 'bin full', 'bin-disabled': 'bin switched off', 'paused': 'line not running', 'neighbour': 'too close to a neighbour', 'residue-policy': 'by recipe to residue',
  'vision-restart': 'vision restarted', 'no-report': 'board never reported', 'unseen': 'never seen', 'recipe': 'by recipe',
};
/** What a cause or reason means, for people. */
export const causeText = (cause) => CAUSES[cause] ?? cause ?? '';
export const OUTCOME_CLASS = { sorted: 'good', passed: '', missed: 'bad', lost: 'bad', rejected: 'warn', inhibited: 'warn' };
export const OUTCOME_SIGN = { sorted: '✓', passed: '→', missed: '✗', lost: '✗', rejected: '?', inhibited: '‖' };
export const MATERIALS = ['cardboard', 'glass', 'metal', 'paper', 'plastic', 'trash'];
