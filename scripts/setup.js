// @ts-check
// `npm run setup`: makes everything ready for running (and, with --tests, for the tests), and says so.
import { createSite, runtimeOf } from './setup/site.js';
import { setUp } from './setup/set-up.js';

const site = createSite({ forTests: process.argv.includes('--tests') });
const isReady = await setUp(site, { stream: process.stdout, retryOptional: true });
if (isReady) console.log(`Everything is set up; Node is ${runtimeOf(site)?.node}.`);
process.exitCode = isReady ? 0 : 1;
