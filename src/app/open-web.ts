// The dashboard of a live line: what it shows of the configuration and the calibration, where it reads the past, and what it may
// ask of the line.
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Config } from '../config/schema.ts';
import type { Calibration } from '../domain/calibration.ts';
import { pixelToBeltMm } from '../domain/calibration.ts';
import type { ExecuteCommand } from '../domain/operator-command.ts';
import { HistoryReader } from '../ledger/history-reader.ts';
import type { LineFacts } from '../web/live-routes.ts';
import { WebServer } from '../web/web-server.ts';
import type { Line } from './line.ts';

export interface OpenWebDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly config: Config;
  readonly calibration: Calibration;
  /** Called only after the line exists. */
  readonly line: () => Line;
}

export interface OpenedWeb {
  readonly server: WebServer;
  readonly address: string;
  close(): Promise<void>;
}

/** Throws WEB_PORT_IN_USE, WEB_LOGIN_MISSING, WEB_USERS_INVALID and WEB_FILE_UNREADABLE. */
export async function openWeb({ clock, log, config, calibration, line }: OpenWebDeps, execute: ExecuteCommand): Promise<OpenedWeb> {
  const history = new HistoryReader({ clock, log, path: config.ledger.path });
  const server = new WebServer({
    clock, log, options: config.web, facts: lineFacts(config, calibration), margin: config.decide.margin, history, harvestFolder: config.harvest.folder,
    controls: {
      execute,
      requestSnapshot: () => line().requestSnapshot(),
      belt: () => line().belt.latest,
    },
  });
  return {
    server, address: await server.listen(),
    close: async () => {
      await server.close();
      await history.close();
    },
  };
}

function lineFacts({ line, actuators, bins, web, harvest }: Config, calibration: Calibration): LineFacts {
  const { width, height } = calibration.frameSize;
  const corners = [[0, 0], [width, 0], [0, height], [width, height]].map(([u, v]) => pixelToBeltMm(calibration, u!, v!));
  const xs = corners.map(({ xMm }) => xMm), ys = corners.map(({ yMm }) => yMm);
  return {
    site: line.site, line: line.id, countsPerMm: calibration.countsPerMm, shifts: web.shifts, hasHarvest: harvest.enabled,
    viewMm: { fromX: Math.min(...xs), toX: Math.max(...xs), fromY: Math.min(...ys), toY: Math.max(...ys) },
    actuators: actuators.map(({ id, bin, offsetMm }) => ({ id, bin, offsetMm })),
    bins: bins.map(({ id, targetPurity, targetRecovery }) => ({ id, targetPurity, targetRecovery })),
  };
}
