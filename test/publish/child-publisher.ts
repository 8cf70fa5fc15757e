// A line that publishes until it is killed; argument: the broker's address.
import { createPublisher, stateEvent } from './publishers.ts';

const publisher = createPublisher({ url: process.argv[2]! });
publisher.start();
publisher.handle(stateEvent('running'));
