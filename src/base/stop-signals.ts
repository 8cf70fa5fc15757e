// The signals by which a process is asked to end: Ctrl-C, a service manager's stop, a closed terminal. The service heeds them; the
// processes under it leave them to the service.
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
