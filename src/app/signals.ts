// Signals and fatal errors of the service, in one place: the first SIGINT or SIGTERM ends it in order, the second at once.

/** Resolves with the reason to stop: a signal's name. */
export function untilSignal(onSecond: () => void): Promise<string> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (asked) onSecond();
        asked = true;
        resolve(signal);
      });
    }
  });
}

/** A programming error takes the process down loudly, after `makeSafe` had its chance to switch the outputs off. */
export function onFatal(makeSafe: (error: unknown) => Promise<void>): void {
  const fatal = (error: unknown): void => {
    process.exitCode = 70;
    const giveUp = setTimeout(() => process.exit(70), 1000);
    void makeSafe(error).finally(() => {
      clearTimeout(giveUp);
      process.exit(70);
    });
  };
  process.once('uncaughtException', fatal);
  process.once('unhandledRejection', fatal);
}
